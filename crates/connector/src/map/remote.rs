//! Remote fields: what the vendor has and the model lacks.
//!
//! Always true: each is `{remote_field_class: {...}, value}`, the class complete, its id the same for
//! every record and sync of the linked account.

use crate::expr::{Expr, Flow, Val};

use super::Ids;
use super::coerce::{Plans, remote_id};
use super::rule::Root;

/// The expression of the remote fields and the shape of their class.
#[derive(Debug)]
pub(super) struct RemoteFields {
    pub(super) expr: Expr,
    /// The class's place in [`Plans`].
    pub(super) class: usize,
    /// `crm.remote_field_class`.
    pub(super) class_model: Box<str>,
}

/// Names in the expression's objects that are not fields of the class.
pub(super) const OWN_KEYS: [&str; 3] = ["key", "name", "value"];

impl RemoteFields {
    pub(super) fn expr(&self) -> &Expr {
        &self.expr
    }

    /// The JSON array; empty if the expression gives null.
    pub(super) fn write<'a>(
        &'a self,
        root: &Root<'a>,
        model: &str,
        plans: &Plans,
        ids: &dyn Ids,
    ) -> Result<Vec<u8>, String> {
        let value = root.one(&self.expr).map_err(|e| e.to_string())?;
        if matches!(value, Val::Null) {
            return Ok(b"[]".to_vec());
        }
        if value.type_name() != "array" {
            return Err(format!("a list of {{key, name, value}} is wanted, not {}", value.shown()));
        }
        let mut out = vec![b'['];
        let mut failed = None;
        let walked = value.each_value(&mut |item| {
            if out.len() > 1 {
                out.push(b',');
            }
            if let Err(reason) = self.one(&item, model, plans, ids, &mut out) {
                failed = Some(reason);
                return Ok(Flow::Stop);
            }
            Ok(Flow::Go)
        });
        if let Some(reason) = failed.or_else(|| walked.err().map(|e| e.to_string())) {
            return Err(reason);
        }
        out.push(b']');
        Ok(out)
    }

    fn one(&self, item: &Val<'_>, model: &str, plans: &Plans, ids: &dyn Ids, out: &mut Vec<u8>) -> Result<(), String> {
        let Some(class) = plans.0.get(self.class) else { return Ok(()) };
        let Some(pairs) = item.pairs() else {
            return Err(format!("an object {{key, name, value}} is wanted, not {}", item.shown()));
        };
        let given = |name: &str| pairs.iter().find(|(k, _)| k == name).map(|(_, v)| v);
        let Some(key) = given("key").and_then(remote_id) else {
            return Err("a remote field has no `key`".to_owned());
        };
        let id = match ids.id(&self.class_model, &format!("{model}:{key}")) {
            Some(id) => id.to_string(),
            None => key.clone().into_owned(),
        };
        let name = given("name")
            .filter(|v| !matches!(v, Val::Null))
            .cloned()
            .unwrap_or_else(|| Val::string(key.clone().into_owned()));
        let mut built = vec![
            ("id".into(), Val::string(id)),
            ("display_name".into(), name),
            ("remote_key_name".into(), Val::string(key.into_owned())),
        ];
        if class.fields.iter().any(|f| &*f.name == "is_custom") && given("is_custom").is_none() {
            built.push(("is_custom".into(), Val::Bool(true)));
        }
        built.extend(pairs.iter().filter(|(k, _)| !OWN_KEYS.contains(&&**k)).cloned());
        out.extend_from_slice(b"{\"remote_field_class\":");
        plans.nested(class, &Val::Obj(built), ids, out)?;
        out.extend_from_slice(b",\"value\":");
        given("value").unwrap_or(&Val::Null).write_json(out);
        out.push(b'}');
        Ok(())
    }
}
