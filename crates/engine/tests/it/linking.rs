//! Linking: tokens, credentials and the end of an account.

use unisono_engine::{AccountFilters, ConnectError, LinkRequest, PageRequest, ReadError};
use uuid::Uuid;

use crate::harness::{Bench, EMPLOYEE};

#[tokio::test]
async fn three_tokens_lead_to_an_account() {
    let bench = Bench::new().await;
    let token = bench.link_token().await;
    let offers = bench.engine.link_session(&token).await.unwrap().integrations;
    assert_eq!(offers[0].fields.iter().map(|field| field.kind.as_str()).collect::<Vec<_>>(), ["url", "secret"]);
    let linked = bench.engine.link(&token, bench.link_request("good")).await.unwrap();
    let again = bench.engine.link(&token, bench.link_request("good")).await;
    assert!(matches!(again, Err(ConnectError::BadToken(_))), "a link token links once");

    let account = bench.engine.exchange_public_token(bench.project, &linked.public_token).await.unwrap();
    let used = bench.engine.exchange_public_token(bench.project, &linked.public_token).await;
    assert!(matches!(used, Err(ConnectError::BadToken(_))), "a public token is exchanged once");
    let found = bench.engine.account_by_token(bench.project, &account.account_token).await.unwrap().unwrap();
    assert_eq!((found.id, found.integration.as_str()), (linked.account, "Acme HR"));
    assert!(bench.engine.account_by_token(Uuid::nil(), &account.account_token).await.unwrap().is_none());

    let fresh = bench.engine.regenerate_account_token(bench.project, linked.account).await.unwrap();
    assert!(bench.engine.account_by_token(bench.project, &account.account_token).await.unwrap().is_none());
    assert!(bench.engine.account_by_token(bench.project, &fresh.account_token).await.unwrap().is_some());
}

#[tokio::test]
async fn what_the_vendor_refuses_is_not_linked() {
    let bench = Bench::new().await;
    let token = bench.link_token().await;
    let refused = bench.engine.link(&token, bench.link_request("bad")).await;
    assert!(matches!(refused, Err(ConnectError::Refused { .. })));
    let missing =
        bench.engine.link(&token, LinkRequest { fields: Default::default(), ..bench.link_request("x") }).await;
    assert!(matches!(missing, Err(ConnectError::Invalid { .. })));
    let all = bench.engine.linked_accounts(bench.project, &AccountFilters::default(), &PageRequest::default()).await;
    assert!(all.unwrap().results.is_empty());
    bench.engine.link(&token, bench.link_request("good")).await.unwrap();
}

#[tokio::test]
async fn tokens_expire() {
    let bench = Bench::new().await;
    let token = bench.link_token().await;
    bench.pass(31 * 60);
    assert!(matches!(bench.engine.link_session(&token).await, Err(ConnectError::BadToken(_))));
    let token = bench.link_token().await;
    let linked = bench.engine.link(&token, bench.link_request("good")).await.unwrap();
    bench.pass(601);
    let late = bench.engine.exchange_public_token(bench.project, &linked.public_token).await;
    assert!(matches!(late, Err(ConnectError::BadToken(_))));
}

#[tokio::test]
async fn a_deleted_account_leaves_nothing() {
    let bench = Bench::new().await;
    bench.vendor.hire(3);
    let account = bench.link().await;
    bench.run().await;
    assert!(matches!(bench.engine.delete_account(Uuid::nil(), account).await, Err(ConnectError::NoSuchAccount)));
    bench.engine.delete_account(bench.project, account).await.unwrap();
    let gone = bench.engine.account_details(bench.project, account).await;
    assert!(matches!(gone, Err(ConnectError::NoSuchAccount)));
    assert!(bench.rows(account, EMPLOYEE).await.is_empty());
    let odd = bench.engine.retrieve(bench.project, account, EMPLOYEE, Uuid::nil(), &Default::default()).await;
    assert!(matches!(odd, Err(ReadError::NotFound)));
    bench.pass(30 * 24 * 3_600);
    assert!(bench.run().await.is_idle());
}

#[tokio::test]
async fn keys_open_their_project_until_they_are_revoked() {
    let bench = Bench::new().await;
    let key = bench.engine.create_key(bench.project, "main").await.unwrap();
    let caller = bench.engine.caller(&key.secret).await.unwrap().unwrap();
    assert_eq!((caller.project, caller.key), (bench.project, key.key.id));
    assert!(bench.engine.create_key(bench.project, "main").await.is_err());
    let fresh = bench.engine.rotate_key(bench.project, "main").await.unwrap();
    assert!(bench.engine.caller(&key.secret).await.unwrap().is_none());
    assert!(bench.engine.caller(&fresh.secret).await.unwrap().is_some());
    assert!(bench.engine.revoke_key(bench.project, fresh.key.id).await.unwrap());
    assert!(bench.engine.caller(&fresh.secret).await.unwrap().is_none());
    assert_eq!(bench.engine.keys(bench.project).await.unwrap().len(), 2);
}
