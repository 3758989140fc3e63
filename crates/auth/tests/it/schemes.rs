use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::signature::{self, KeyPair as _, UnparsedPublicKey};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use unisono_auth::{AuthError, Credentials, GrantError, Tokens, sign_jwt};
use unisono_connector::manifest::{Algorithm, ClientAuth, Place, Refresh, Scheme, TokenRequest, TokenUse};
use unisono_outbound::{Method, Redactor, Request, Secret, Url};

use crate::vendor::{Vendor, t};

const NOW: i64 = 1_700_000_000_000_000;

fn credentials(fields: &[(&str, &str)]) -> Credentials {
    Credentials::new(fields.iter().map(|(name, value)| ((*name).to_owned(), Secret::new(*value))))
}

fn request() -> Request {
    Request::new(Method::GET, Url::parse("https://api.test/v1/things?page=2&key=old").unwrap())
}

pub fn code_scheme(refresh: Refresh) -> Scheme<unisono_connector::expr::Template> {
    Scheme::Oauth2Code {
        authorize_url: t("https://{{ .config.tenant }}.example.test/authorize"),
        token_url: t("/token"),
        scopes: vec!["read".into(), "offline".into()],
        scope_separator: Some(",".into()),
        pkce: true,
        client_auth: ClientAuth::Basic,
        refresh,
        authorize_params: [("prompt".to_owned(), t("consent")), ("none".to_owned(), t("{{ .config.missing }}"))].into(),
        token_params: Default::default(),
    }
}

#[tokio::test]
async fn a_key_goes_where_the_manifest_says_and_is_redacted() {
    let vendor = Vendor::start().await;
    let held = credentials(&[("api_key", "k-12345")]);
    let key = |place, name: &str, value| Scheme::ApiKey { place, name: name.into(), value: t(value) };
    let mut sent = request();
    let scheme = key(Place::Header, "X-Key", "Key {{ .credentials.api_key }}");
    vendor.login(scheme).apply(&held, &mut sent).unwrap();
    assert_eq!(sent.headers["x-key"], "Key k-12345");
    let mut sent = request();
    vendor.login(key(Place::Query, "key", "{{ .credentials.api_key }}")).apply(&held, &mut sent).unwrap();
    assert_eq!(sent.url.query(), Some("page=2&key=k-12345"));
    let redactor = Redactor::new(&sent.secrets, &sent.sensitive_headers, &sent.sensitive_query);
    assert_eq!(redactor.url(&sent.url), "https://api.test/v1/things?page=2&key=***");
}

#[tokio::test]
async fn basic_and_bearer_write_the_authorization_header() {
    let vendor = Vendor::start().await;
    let held = credentials(&[("api_key", "k-12345")]);
    let mut sent = request();
    let basic = Scheme::Basic { username: t("{{ .credentials.api_key }}"), password: t("") };
    vendor.login(basic).apply(&held, &mut sent).unwrap();
    assert_eq!(sent.headers["authorization"], format!("Basic {}", STANDARD.encode("k-12345:")));
    let mut sent = request();
    vendor.login(Scheme::Bearer { token: t("{{ .credentials.api_key }}") }).apply(&held, &mut sent).unwrap();
    assert_eq!(sent.headers["authorization"], "Bearer k-12345");
    let missing = vendor.login(Scheme::Bearer { token: t("{{ .credentials.tokken }}") }).apply(&held, &mut request());
    assert_eq!(missing.unwrap_err().to_string(), "auth `token`: is empty: a link field is missing");
}

#[tokio::test]
async fn a_code_is_exchanged_with_its_pkce_verifier() {
    let vendor = Vendor::start().await;
    let login = vendor.login(code_scheme(Refresh::Rotating));
    let held = Credentials::default();
    let consent = login.consent(&held, "https://hub.test/callback", "state-1").unwrap();
    let query: std::collections::HashMap<_, _> = consent.url.query_pairs().into_owned().collect();
    assert_eq!(consent.url.host_str(), Some("acme.example.test"));
    assert_eq!((query["scope"].as_str(), query["state"].as_str()), ("read,offline", "state-1"));
    assert_eq!((query["prompt"].as_str(), query.get("none")), ("consent", None));

    let (code, verifier) = (Secret::new("code-1"), consent.verifier.unwrap());
    let pair = (&vendor.outbound, &vendor.lane);
    let proof = (&code, Some(&verifier));
    let tokens = login.exchange(pair, &held, "https://hub.test/callback", proof, NOW).await.unwrap();
    assert_eq!(tokens.access.expose(), "access-1");
    assert_eq!(tokens.expires_us, Some(NOW + 3_600_000_000));
    assert_eq!(tokens.extra["instance_url"].expose(), "https://acme.example.test");
    let (form, proof) = vendor.seen.lock().unwrap().asked[0].clone();
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(form["code_verifier"].as_bytes()));
    assert_eq!(
        (query["code_challenge"].as_str(), query["code_challenge_method"].as_str()),
        (challenge.as_str(), "S256")
    );
    assert_eq!((form["code"].as_str(), form["redirect_uri"].as_str()), ("code-1", "https://hub.test/callback"));
    assert_eq!(proof.unwrap(), format!("Basic {}", STANDARD.encode("hub:hub-secret")));
}

#[tokio::test]
async fn client_credentials_come_from_the_link_fields() {
    let vendor = Vendor::start().await;
    let login = vendor.login(Scheme::Oauth2ClientCredentials {
        token_url: t("/token"),
        scopes: vec!["all".into()],
        client_auth: ClientAuth::Body,
        client_id: None,
        client_secret: None,
        token_params: [("audience".to_owned(), t("{{ .config.tenant }}"))].into(),
    });
    let held = credentials(&[("client_id", "cust"), ("client_secret", "cust-secret")]);
    let tokens = login.obtain(&vendor.outbound, &vendor.lane, &held, NOW).await.unwrap();
    assert_eq!(tokens.access.expose(), "access-1");
    let form = &vendor.asked()[0];
    let shown = ["grant_type", "scope", "audience", "client_id", "client_secret"].map(|name| form[name].as_str());
    assert_eq!(shown, ["client_credentials", "all", "acme", "cust", "cust-secret"]);
}

#[tokio::test]
async fn a_two_step_token_is_read_from_the_reply_and_sent_as_told() {
    let vendor = Vendor::start().await;
    let login = vendor.login(Scheme::Token {
        request: TokenRequest {
            get: None,
            post: Some(t("/login")),
            query: Default::default(),
            headers: [("X-Tenant".to_owned(), t("{{ .config.tenant }}"))].into(),
            json: Some([("password".to_owned(), t("{{ .credentials.password }}"))].into()),
            form: None,
        },
        token: ".data.session".into(),
        lifetime_s: None,
        expires_in: Some(".data.ttl".into()),
        used: TokenUse { place: Place::Header, name: Some("X-Session".into()), value: Some(t("s={{ .token }}")) },
    });
    let mut held = credentials(&[("password", "pass-word")]);
    let tokens = login.obtain(&vendor.outbound, &vendor.lane, &held, NOW).await.unwrap();
    assert_eq!(tokens.expires_us, Some(NOW + 90_000_000));
    held.tokens = Some(tokens);
    let mut sent = request();
    login.apply(&held, &mut sent).unwrap();
    assert_eq!(sent.headers["x-session"], "s=4711");

    let wrong = credentials(&[("password", "wrong-word")]);
    let error = login.obtain(&vendor.outbound, &vendor.lane, &wrong, NOW).await.unwrap_err();
    assert!(matches!(error, AuthError::Relink { .. }), "{error:?}");
    assert!(!error.to_string().contains("wrong-word"), "{error}");
}

#[tokio::test]
async fn a_jwt_assertion_buys_a_token() {
    let vendor = Vendor::start().await;
    let login = vendor.login(Scheme::JwtBearer {
        token_url: t("/token"),
        algorithm: Algorithm::RS256,
        claims: [("iss".to_owned(), t("{{ .credentials.client_email }}")), ("admin".to_owned(), t("{{ true }}"))]
            .into(),
        key: t("{{ .credentials.private_key }}"),
        key_id: Some(t("key-7")),
        lifetime_s: 300,
        scopes: vec![],
        token_params: Default::default(),
    });
    let key = include_str!("rsa_for_tests.pem").replace('\n', "\\n");
    let held = credentials(&[("client_email", "bot@acme.test"), ("private_key", &key)]);
    login.obtain(&vendor.outbound, &vendor.lane, &held, NOW).await.unwrap();
    let form = &vendor.asked()[0];
    assert_eq!(form["grant_type"], "urn:ietf:params:oauth:grant-type:jwt-bearer");
    let parts: Vec<&str> = form["assertion"].split('.').collect();
    let json = |part: &str| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
    assert_eq!(json(parts[0]), serde_json::json!({"alg": "RS256", "typ": "JWT", "kid": "key-7"}));
    let claims = serde_json::json!({"iss": "bot@acme.test", "admin": true, "iat": 1_700_000_000, "exp": 1_700_000_300});
    assert_eq!(json(parts[1]), claims);
}

#[test]
fn signatures_verify_with_the_public_key() {
    let claims: Map<String, Value> = [("sub".to_owned(), "x".into())].into_iter().collect();
    let check = |jwt: &Secret, verify: &dyn Fn(&[u8], &[u8])| {
        let (message, signature) = jwt.expose().rsplit_once('.').unwrap();
        verify(message.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap());
    };
    let pem = include_str!("rsa_for_tests.pem");
    let der = STANDARD.decode(pem.lines().filter(|line| !line.starts_with("---")).collect::<String>()).unwrap();
    let public = signature::RsaKeyPair::from_pkcs8(&der).unwrap().public().as_ref().to_vec();
    let jwt = sign_jwt(Algorithm::RS256, &Secret::new(pem), None, &claims).unwrap();
    let rsa = UnparsedPublicKey::new(&signature::RSA_PKCS1_2048_8192_SHA256, public);
    check(&jwt, &|message, signature| rsa.verify(message, signature).unwrap());

    let (random, kind) = (ring::rand::SystemRandom::new(), &signature::ECDSA_P256_SHA256_FIXED_SIGNING);
    let pkcs8 = signature::EcdsaKeyPair::generate_pkcs8(kind, &random).unwrap();
    let pair = signature::EcdsaKeyPair::from_pkcs8(kind, pkcs8.as_ref(), &random).unwrap();
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(pkcs8.as_ref()));
    let jwt = sign_jwt(Algorithm::ES256, &Secret::new(pem), None, &claims).unwrap();
    let ec = UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, pair.public_key().as_ref());
    check(&jwt, &|message, signature| ec.verify(message, signature).unwrap());

    let jwt = sign_jwt(Algorithm::HS256, &Secret::new("shared"), None, &claims).unwrap();
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"shared");
    check(&jwt, &|message, signature| ring::hmac::verify(&key, message, signature).unwrap());

    let error = sign_jwt(Algorithm::RS256, &Secret::new("not a key"), None, &claims).unwrap_err();
    assert_eq!(error.to_string(), "auth `key`: is not a private key in PEM (BEGIN … PRIVATE KEY)");
}

#[tokio::test]
async fn a_refused_grant_says_who_can_help_and_shows_no_secret() {
    let vendor = Vendor::start().await;
    let login = vendor.login(code_scheme(Refresh::Fixed));
    let mut held = Credentials::default();
    let refresh = Some(Secret::new("refresh-secret"));
    held.tokens =
        Some(Tokens { access: "old".into(), refresh, expires_us: Some(0), issued_us: 0, extra: Default::default() });
    let json = "application/json";
    vendor.fail(400, json, r#"{"error": "invalid_grant", "error_description": "refresh-secret was revoked"}"#);
    vendor.fail(401, json, r#"{"error": "invalid_client"}"#);
    vendor.fail(503, "text/html", "<h1>maintenance</h1>");
    vendor.fail(200, "text/html", "<h1>welcome</h1>");
    vendor.fail(200, "application/x-www-form-urlencoded", "access_token=from-form&expires_in=60");
    let ask = || login.obtain(&vendor.outbound, &vendor.lane, &held, NOW);
    let dead = ask().await.unwrap_err();
    assert!(matches!(&dead, AuthError::Relink { reason } if reason == "invalid_grant: *** was revoked"), "{dead:?}");
    assert!(matches!(ask().await.unwrap_err(), AuthError::Grant(GrantError::Client { .. })));
    let down = ask().await.unwrap_err();
    assert!(matches!(down, AuthError::Grant(GrantError::Unavailable { status: 503 })) && down.is_temporary());
    assert!(matches!(ask().await.unwrap_err(), AuthError::Grant(GrantError::Reply { .. })));
    let tokens = ask().await.unwrap();
    assert_eq!(tokens.access.expose(), "from-form");
    assert_eq!(tokens.refresh.unwrap().expose(), "refresh-secret", "a refresh token that is not replaced stays");
    assert_eq!(vendor.asked().len(), 5, "a grant is never repeated by itself");
}
