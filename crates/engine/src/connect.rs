//! Connect: from a link token to a linked account, and the end of one.
//!
//! Always true: credentials are checked with the vendor before they are stored, and stored sealed; linking the same end
//! customer and category again keeps the account's id and token.

use uuid::Uuid;

use crate::{
    Account, AccountFilters, AccountToken, AvailableActions, ConnectError, Engine, Integration, LinkRequest,
    LinkSession, LinkToken, LinkTokenRequest, Linked, Listing, PageRequest,
};

impl Engine {
    /// All integrations on offer.
    #[must_use]
    pub fn integrations(&self) -> Vec<Integration> {
        todo!()
    }

    /// Makes a link token for an end customer.
    pub async fn create_link_token(
        &self,
        project: Uuid,
        request: LinkTokenRequest,
    ) -> Result<LinkToken, ConnectError> {
        todo!()
    }

    /// What the holder of a link token may link.
    pub async fn link_session(&self, link_token: &str) -> Result<LinkSession, ConnectError> {
        todo!()
    }

    /// Checks the entered values with the vendor and creates, or links again, the account.
    pub async fn link(&self, link_token: &str, request: LinkRequest) -> Result<Linked, ConnectError> {
        todo!()
    }

    /// Begins linking through the vendor's consent page: the address to send the browser to.
    pub async fn oauth_begin(
        &self,
        link_token: &str,
        request: LinkRequest,
        redirect_uri: &str,
    ) -> Result<String, ConnectError> {
        todo!()
    }

    /// The vendor's consent page came back: `query` holds its parameters (`state`, `code` or `error`).
    pub async fn oauth_callback(&self, query: &[(String, String)]) -> Result<Linked, ConnectError> {
        todo!()
    }

    /// Exchanges a public token (once, within ten minutes) for the account token.
    pub async fn exchange_public_token(
        &self,
        project: Uuid,
        public_token: &str,
    ) -> Result<AccountToken, ConnectError> {
        todo!()
    }

    /// Linked accounts, latest first.
    pub async fn linked_accounts(
        &self,
        project: Uuid,
        filters: &AccountFilters,
        page: &PageRequest,
    ) -> Result<Listing<Account>, ConnectError> {
        todo!()
    }

    /// One linked account.
    pub async fn account_details(&self, project: Uuid, account: Uuid) -> Result<Account, ConnectError> {
        todo!()
    }

    /// Shows the account token again.
    pub async fn account_token(&self, project: Uuid, account: Uuid) -> Result<AccountToken, ConnectError> {
        todo!()
    }

    /// Replaces the account token; the old one stops working at once.
    pub async fn regenerate_account_token(
        &self,
        project: Uuid,
        account: Uuid,
    ) -> Result<AccountToken, ConnectError> {
        todo!()
    }

    /// Erases a linked account with its records, credentials, logs and issues.
    pub async fn delete_account(&self, project: Uuid, account: Uuid) -> Result<(), ConnectError> {
        todo!()
    }

    /// What can be done with a linked account.
    pub async fn available_actions(
        &self,
        project: Uuid,
        account: Uuid,
    ) -> Result<AvailableActions, ConnectError> {
        todo!()
    }
}
