//! Keys, integrations and the tokens of linking.

use crate::db::*;
use unisono_store::*;
use uuid::Uuid;

both! {
    async fn a_link_token_links_once_and_not_after_its_end(db: Db) {
        let account = db.account("o").await;
        for n in [1, 2] {
            let token = NewLinkToken { hash: hash(n), request: "{\"a\": 1}".into(), account: None, expires_us: NOW + 10 };
            db.scope().create_link_token(token, NOW).await.unwrap();
        }
        assert!(db.store.save_link_session(hash(1), "{}", NOW).await.unwrap());
        let found = db.store.link_token(hash(1), NOW).await.unwrap().unwrap();
        assert_eq!((found.project, found.request.as_str(), found.session.as_deref()), (db.project, "{\"a\": 1}", Some("{}")));
        assert!(!db.store.use_link_token(hash(1), Uuid::new_v4(), NOW).await.unwrap(), "no such account");
        assert!(db.store.use_link_token(hash(1), account, NOW).await.unwrap());
        assert!(!db.store.use_link_token(hash(1), account, NOW).await.unwrap());
        assert_eq!(db.store.link_token(hash(1), NOW).await.unwrap(), None);
        assert!(!db.store.use_link_token(hash(2), account, NOW + 10).await.unwrap());
        assert_eq!(db.store.prune_tokens(NOW + 11).await.unwrap(), 2);
    }

    async fn a_public_token_is_swapped_once(db: Db) {
        let account = db.account("o").await;
        let scope = db.scope();
        for n in [1, 2] {
            assert!(scope.create_public_token(hash(n), account, NOW + 10, NOW).await.unwrap());
        }
        let foreign = db.store.project(Uuid::new_v4());
        assert_eq!(foreign.take_public_token(hash(1), NOW).await.unwrap(), PublicToken::Unknown);
        assert_eq!(scope.take_public_token(hash(1), NOW).await.unwrap(), PublicToken::Account(account));
        assert_eq!(scope.take_public_token(hash(1), NOW).await.unwrap(), PublicToken::Used);
        assert_eq!(scope.take_public_token(hash(2), NOW + 10).await.unwrap(), PublicToken::Expired);
    }

    async fn a_revoked_key_opens_nothing(db: Db) {
        let id = Uuid::new_v4();
        let key = NewKey { id, name: "main".into(), kind: "production".into(), hash: hash(3) };
        db.scope().create_key(key, NOW).await.unwrap();
        assert_eq!(db.store.key_by_hash(hash(3)).await.unwrap().unwrap().project, db.project);
        assert!(!db.store.project(Uuid::new_v4()).revoke_key(id, NOW).await.unwrap());
        assert!(db.scope().revoke_key(id, NOW).await.unwrap());
        assert_eq!(db.store.key_by_hash(hash(3)).await.unwrap(), None);
        assert_eq!(db.scope().keys().await.unwrap()[0].revoked_us, Some(NOW));
    }

    async fn an_integration_is_replaced_but_keeps_its_age(db: Db) {
        let one = Integration { connector: "acme".into(), enabled: true, config: "{}".into(), secrets: None, created_us: NOW };
        db.scope().put_integration(one.clone()).await.unwrap();
        let two = Integration { enabled: false, secrets: Some(sealed("s")), created_us: NOW + 9, ..one };
        db.scope().put_integration(two.clone()).await.unwrap();
        let found = db.scope().integration("acme").await.unwrap().unwrap();
        assert_eq!(found, Integration { created_us: NOW, ..two });
        assert_eq!(db.scope().integrations().await.unwrap().len(), 1);
    }
}
