//! Every example of the documentation loads.

use crate::support::{CONNECTOR, lines, load};

const DOCS: &str = include_str!("../../../../docs/connector-language.md");

/// (the comment line that says which file it is, the text) of each YAML block that says so.
fn examples() -> Vec<(&'static str, &'static str)> {
    let blocks = DOCS.split("```yaml\n").skip(1).filter_map(|rest| rest.split_once("```").map(|(block, _)| block));
    blocks.filter_map(|block| Some((block.lines().next()?.strip_prefix("# ")?, block))).collect()
}

#[test]
fn every_whole_file_in_the_documentation_loads() {
    let mut seen = 0;
    for (name, text) in examples() {
        let parents = "# Source: invented\nstreams: [{ request: { get: /e } }]\nread: { id: .id, fields: {} }\n";
        let found = if name == "connector.yaml" {
            load(text, &[])
        } else {
            let connector = CONNECTOR.replace("[ticketing]", "[ticketing, hris, crm]");
            let mut files = vec![(name, text)];
            files.extend(
                ["hris/employee.yaml", "ticketing/ticket.yaml"]
                    .into_iter()
                    .filter(|file| *file != name)
                    .map(|file| (file, parents)),
            );
            load(&connector, &files)
        };
        if let Err(errors) = found {
            panic!("{name} in docs/connector-language.md:\n{}\n{text}", lines(&errors));
        }
        seen += 1;
    }
    assert!(seen >= 8, "only {seen} examples were found");
}
