//! Native code: what the language cannot say.

use bytes::Bytes;
use unisono_connector::{Connector, Native, PageFault, Reply, Start};

use crate::support::{CONNECTOR, READ, models, read, reply};

/// Reads `number:name` lines, a format of nobody's.
#[derive(Debug)]
struct Lines;

impl Native for Lines {
    fn decode(&self, model: &str, stream: &str, reply: &Reply) -> Option<Result<Bytes, PageFault>> {
        if (model, stream) != ("ticketing.ticket", "lines") {
            return None;
        }
        let text = String::from_utf8_lossy(&reply.body).into_owned();
        let rows = text.lines().filter_map(|line| line.split_once(':'));
        let rows: Vec<_> = rows.map(|(id, name)| serde_json::json!({ "id": id, "name": name })).collect();
        Some(Ok(serde_json::to_vec(&rows).unwrap().into()))
    }
}

fn tickets(stream: &str) -> Connector {
    let text = format!("# Source: invented\nstreams:\n  - {{ name: {stream}, request: {{ get: /t }} }}\n{READ}");
    let files = [("connector.yaml", CONNECTOR), ("ticketing/ticket.yaml", text.as_str())];
    Connector::load_with("acme", files, models(), Some(&Lines)).unwrap()
}

#[test]
fn native_code_decodes_the_replies_it_knows() {
    let connector = tickets("lines");
    let stream = &connector.streams("ticketing.ticket")[0];
    let done = read(stream, Start::Full, &mut |_| reply("1:Printer on fire\n2:Mouse")).unwrap();
    assert_eq!(done.records, [r#"{"id":"1","name":"Printer on fire"}"#, r#"{"id":"2","name":"Mouse"}"#]);
}

#[test]
fn replies_it_has_no_opinion_of_are_read_as_usual() {
    let connector = tickets("plain");
    let stream = &connector.streams("ticketing.ticket")[0];
    let done = read(stream, Start::Full, &mut |_| reply(r#"[{"id":7,"name":"Desk"}]"#)).unwrap();
    assert_eq!(done.records, [r#"{"id":7,"name":"Desk"}"#]);
}
