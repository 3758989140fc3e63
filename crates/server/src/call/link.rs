//! Link: making link tokens and keys, the same in both APIs.

use unisono_engine::{LinkRequest, LinkToken, LinkTokenRequest, Linked, NewKey};

use crate::fault;
use crate::problem::Refusal;
use crate::request::Request;

pub(super) async fn create_token(request: &Request<'_>) -> Result<LinkToken, Refusal> {
    let fields = request.fields()?;
    let wanted = LinkTokenRequest {
        end_user_origin_id: fields.required("end_user_origin_id")?,
        end_user_organization_name: fields.required("end_user_organization_name")?,
        end_user_email_address: fields.required("end_user_email_address")?,
        categories: fields.list("categories")?,
        integration: fields.optional("integration")?,
        link_expiry_mins: fields.number("link_expiry_mins")?,
        magic_link: fields.flag("should_create_magic_link_url")?,
    };
    request.app.engine.create_link_token(request.visitor.project(), wanted).await.map_err(fault::connect)
}

pub(super) async fn link(request: &Request<'_>) -> Result<Linked, Refusal> {
    let fields = request.fields()?;
    let token = fields.required("link_token")?;
    let entered = LinkRequest {
        connector: fields.required("connector")?,
        category: fields.optional("category")?,
        auth: fields.optional("auth")?,
        fields: fields.texts("fields")?.into_iter().collect(),
    };
    let linked = request.app.engine.link(&token, entered).await.map_err(fault::connect)?;
    request.app.doorman.forget();
    Ok(linked)
}

pub(super) async fn create_key(request: &Request<'_>) -> Result<NewKey, Refusal> {
    let name = request.fields()?.required("name")?;
    request.app.engine.create_key(request.visitor.project(), &name).await.map_err(fault::access)
}

pub(super) async fn rotate_key(request: &Request<'_>) -> Result<NewKey, Refusal> {
    let name = request.fields()?.required("name")?;
    let key = request.app.engine.rotate_key(request.visitor.project(), &name).await.map_err(fault::access)?;
    request.app.doorman.forget();
    Ok(key)
}
