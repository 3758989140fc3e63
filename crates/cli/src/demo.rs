//! Demo: simulated vendors, linked accounts, a first sync, the API.
//!
//! Always true: nothing leaves this machine; each vendor is linked through the same verbs that a customer's is; without
//! `--data-dir` everything is gone at the end.
//! Elsewhere: the simulated vendors are `unisono_sandbox`, the verbs are `unisono_engine`; `serve` is the real thing.

mod progress;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::sync::watch;
use unisono_engine::{Engine, LinkRequest, LinkTokenRequest, Project};
use unisono_model::Models;
use unisono_outbound::Secret;
use unisono_sandbox::{Running, Sandbox, StartOptions};
use uuid::Uuid;

use crate::args::Global;
use crate::command::serve::signal;
use crate::failure::Failure;
use crate::join::{self, Joined};
use crate::out;
use crate::settings::Settings;

/// Name of the demo's project and API key.
const NAME: &str = "demo";

/// `unisono demo …`
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Exit after the first sync
    #[arg(long)]
    pub once: bool,
    /// Address and port to answer on [default: 127.0.0.1:8080, or a free port when that one is taken]
    #[arg(long, value_name = "ADDR:PORT")]
    pub listen: Option<SocketAddr>,
    /// Records of each simulated vendor's main list
    #[arg(long, default_value_t = 60, value_name = "NUMBER")]
    pub size: u64,
    /// The same seed gives the same people and firms
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    pub seed: u64,
}

/// A simulated vendor that is linked.
struct Linked {
    account: Uuid,
    connector: String,
    name: String,
    category: String,
    token: String,
}

/// What a program gets that started the demo.
#[derive(Serialize)]
struct Ready {
    url: String,
    api_key: String,
    accounts: Vec<ReadyAccount>,
}

#[derive(Serialize)]
struct ReadyAccount {
    connector: String,
    category: String,
    account_token: String,
    records: u64,
}

/// Runs it.
pub async fn run(args: &Args, settings: &Settings, global: &Global) -> Result<ExitCode, Failure> {
    let home = Home::open(global)?;
    let listener = listen(args, settings).await?;
    let address = listener.local_addr()?;
    let settings = adapted(settings, home.path(), address)?;
    out::talk("Starting simulated vendors on loopback…");
    let vendors = start_vendors(args).await?;
    let origins = vendors.iter().map(|(slug, vendor)| (slug.clone(), vendor.url().to_owned())).collect();
    let joined = join::join_at(&settings, origins).await?;
    let project = project(&joined.engine).await?;
    let key = api_key(&joined.engine, &project).await?;

    let (stop, stopping) = watch::channel(false);
    let engine = joined.engine.clone();
    let until = stopping.clone();
    let worker = tokio::spawn(async move { engine.run_jobs(stopped(until)).await });
    let router = unisono_server::router(joined.engine.clone(), joined.models.clone(), join::server_options(&settings))?;
    let drain = Duration::from_secs(settings.server.drain_s.min(3));
    let server = tokio::spawn(unisono_server::serve(listener, router, drain, stopped(stopping)));

    let url = format!("http://{address}");
    let work = first_sync(&joined, &project, &vendors);
    let outcome = tokio::select! {
        done = work => Some(done?),
        () = signal() => None,
    };
    let mut code = ExitCode::SUCCESS;
    if let Some((accounts, complete)) = outcome {
        if !complete {
            code = ExitCode::FAILURE;
        }
        tell(global, &url, &key, &accounts, &joined.models)?;
        if !args.once {
            out::talk("\nPress Ctrl-C to stop.");
            signal().await;
            code = ExitCode::SUCCESS;
        }
    }
    _ = stop.send(true);
    drop(vendors);
    _ = tokio::time::timeout(Duration::from_secs(5), worker).await;
    _ = tokio::time::timeout(Duration::from_secs(5), server).await;
    Ok(code)
}

/// Links every vendor, waits for its records; gives the accounts with their counts and whether all is well.
async fn first_sync(
    joined: &Joined,
    project: &Project,
    vendors: &[(String, Running)],
) -> Result<(Vec<(Linked, progress::Counted)>, bool), Failure> {
    let mut linked = Vec::new();
    for (slug, vendor) in vendors {
        linked.push(link(&joined.engine, project, slug, vendor).await?);
    }
    let names: Vec<(Uuid, String)> = linked.iter().map(|one| (one.account, one.name.clone())).collect();
    let counted = progress::watch(&joined.engine, project.id, &names).await?;
    let complete = counted.iter().all(|one| one.troubles.is_empty());
    Ok((linked.into_iter().zip(counted).collect(), complete))
}

/// The data directory, removed at the end unless it was asked for.
enum Home {
    Kept(PathBuf),
    Passing(PathBuf),
}

impl Home {
    fn open(global: &Global) -> Result<Self, Failure> {
        let home = match &global.data_dir {
            Some(dir) => Self::Kept(dir.clone()),
            None => Self::Passing(std::env::temp_dir().join(format!("unisono-demo-{}", std::process::id()))),
        };
        std::fs::create_dir_all(home.path())
            .with_context(|| format!("data directory {} cannot be made", home.path().display()))?;
        Ok(home)
    }

    fn path(&self) -> &Path {
        match self {
            Self::Kept(dir) | Self::Passing(dir) => dir,
        }
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if let Self::Passing(dir) = self {
            _ = std::fs::remove_dir_all(dir);
        }
    }
}

/// The asked address; without one the usual, or a free port when that is taken.
async fn listen(args: &Args, settings: &Settings) -> Result<TcpListener, Failure> {
    let wanted = settings.server.listen.clone();
    match TcpListener::bind(&wanted).await {
        Ok(listener) => Ok(listener),
        Err(_) if args.listen.is_none() => {
            let free = TcpListener::bind("127.0.0.1:0").await.context("no port is free")?;
            out::talk(format!("{wanted} is taken, so the demo answers on {}.", free.local_addr()?));
            Ok(free)
        }
        Err(error) => Err(anyhow!(error).context(format!("address {wanted} cannot be used")).into()),
    }
}

/// The settings with what a demo needs: its own directory and key, and the loopback.
fn adapted(settings: &Settings, home: &Path, address: SocketAddr) -> Result<Settings, Failure> {
    let mut settings = settings.clone();
    settings.data_dir = home.to_path_buf();
    settings.database = Secret::new("");
    settings.server.listen = address.to_string();
    settings.outbound.allow_private = true;
    settings.outbound.allow_http = true;
    if settings.secret_key.is_empty() {
        settings.secret_key = secret_key(home)?;
    }
    Ok(settings)
}

/// A key kept beside the data it seals.
fn secret_key(home: &Path) -> Result<Secret, Failure> {
    let file = home.join("demo.key");
    if let Ok(text) = std::fs::read_to_string(&file) {
        return Ok(Secret::new(text.trim()));
    }
    let key = unisono_auth::Sealer::generate();
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written =
        options.open(&file).and_then(|mut file| std::io::Write::write_all(&mut file, key.expose().as_bytes()));
    written.with_context(|| format!("key file {} cannot be written", file.display()))?;
    Ok(key)
}

async fn start_vendors(args: &Args) -> Result<Vec<(String, Running)>, Failure> {
    let mut running = Vec::new();
    for sandbox in Sandbox::built_in()? {
        let options = StartOptions { seed: args.seed, size: Some(args.size), limits: false, ..StartOptions::default() };
        running.push((sandbox.slug().to_owned(), sandbox.start(options).await?));
    }
    Ok(running)
}

async fn project(engine: &Engine) -> Result<Project, Failure> {
    let known = engine.projects().await?.into_iter().find(|project| project.name == NAME);
    match known {
        Some(project) => Ok(project),
        None => Ok(engine.create_project(NAME).await?),
    }
}

/// A key of this run; the one of an earlier run stops working.
async fn api_key(engine: &Engine, project: &Project) -> Result<String, Failure> {
    let known = engine.keys(project.id).await?.iter().any(|key| key.name == NAME && key.revoked_at.is_none());
    let key = match known {
        true => engine.rotate_key(project.id, NAME).await?,
        false => engine.create_key(project.id, NAME).await?,
    };
    Ok(key.secret)
}

/// Links one simulated vendor as its customer would.
async fn link(engine: &Engine, project: &Project, slug: &str, vendor: &Running) -> Result<Linked, Failure> {
    let known = engine.integrations().into_iter().find(|one| one.slug == slug);
    let offer = known.ok_or_else(|| anyhow!("there is a simulated {slug} but no connector for it"))?;
    let credentials = vendor.credentials();
    let mut fields = BTreeMap::new();
    for field in &offer.fields {
        match credentials.get(&field.name) {
            Some(value) => _ = fields.insert(field.name.clone(), value.clone()),
            None if field.optional || field.default.is_some() => {}
            None => return Err(anyhow!("the simulated {slug} has no value for `{}`", field.name).into()),
        }
    }
    let category = offer.categories.first().cloned().unwrap_or_default();
    let asked = LinkTokenRequest {
        end_user_origin_id: format!("{NAME}-{slug}"),
        end_user_organization_name: "Cedar Optics".to_owned(),
        end_user_email_address: "ada@cedaroptics.example".to_owned(),
        categories: vec![category.clone()],
        integration: Some(slug.to_owned()),
        ..LinkTokenRequest::default()
    };
    let token = engine.create_link_token(project.id, asked).await?;
    let request = LinkRequest { connector: slug.to_owned(), category: Some(category.clone()), auth: None, fields };
    let linked =
        engine.link(&token.link_token, request).await.with_context(|| format!("{} cannot be linked", offer.name))?;
    let token = engine.account_token(project.id, linked.account).await?.account_token;
    Ok(Linked { account: linked.account, connector: slug.to_owned(), name: offer.name, category, token })
}

/// Says what is there now and how to get at it.
fn tell(
    global: &Global,
    url: &str,
    key: &str,
    accounts: &[(Linked, progress::Counted)],
    models: &Models,
) -> Result<(), Failure> {
    for (linked, counted) in accounts {
        for trouble in &counted.troubles {
            out::talk(format!("{}: {trouble}", linked.name));
        }
    }
    if global.json {
        let accounts = accounts.iter().map(|(linked, counted)| ReadyAccount {
            connector: linked.connector.clone(),
            category: linked.category.clone(),
            account_token: linked.token.clone(),
            records: counted.records(),
        });
        let ready = Ready { url: url.to_owned(), api_key: key.to_owned(), accounts: accounts.collect() };
        out::data(serde_json::to_string(&ready)?);
        return Ok(());
    }
    out::card(&[("URL", url.to_owned()), ("API key", key.to_owned())]);
    out::data("");
    let rows: Vec<Vec<String>> = accounts
        .iter()
        .map(|(linked, counted)| {
            let (name, category) = (linked.name.clone(), linked.category.clone());
            vec![name, category, counted.records().to_string(), counted.rejected.to_string(), linked.token.clone()]
        })
        .collect();
    out::table(&["account", "category", "records", "rejected", "account token"], &rows, "no accounts");
    out::data("\nTry:");
    for (linked, counted) in accounts.iter().take(2) {
        // A path with parameters would need an id first.
        let plain =
            |model: &str| models.model(model).and_then(|model| model.path.clone()).filter(|path| !path.contains('{'));
        if let Some(path) = counted.largest(|model| plain(model).is_some()).and_then(plain) {
            let (category, token) = (&linked.category, &linked.token);
            out::data(format!(
                "  curl -s -H 'Authorization: Bearer {key}' -H 'X-Account-Token: {token}' '{url}/api/{category}/v1{path}?page_size=2'"
            ));
        }
    }
    Ok(())
}

async fn stopped(mut stopping: watch::Receiver<bool>) {
    // An error means that the sender is gone, which is the end as well.
    _ = stopping.wait_for(|told| *told).await;
}
