//! Recorded replies of the vendors become records.

use unisono_catalog::Catalog;
use unisono_connector::{Line, Recording};
use unisono_testkit::beside;

#[test]
fn every_recording_that_a_stream_matches_maps_without_a_reject() {
    let Some(vendors) = beside("shared/reference/vendors") else { return };
    let catalog = Catalog::embedded().unwrap();
    let mut rejects = Vec::new();
    for connector in catalog.list() {
        let (mut matched, mut records) = (0, 0);
        let Ok(samples) = std::fs::read_dir(vendors.join(&connector.slug).join("samples")) else { continue };
        for sample in samples {
            let path = sample.unwrap().path();
            let name = format!("{}/{}", connector.slug, path.file_name().unwrap().to_string_lossy());
            let recording: Recording = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            if recording.response.status.is_some_and(|status| status >= 400) {
                continue;
            }
            let Some(lines) = connector.map_recording(&recording) else { continue };
            matched += 1;
            for line in lines {
                match line {
                    Line::Record { .. } => records += 1,
                    Line::Reject { model, reject, reason } => {
                        rejects.push(format!("{name}: {model} {reject:?}: {reason}"))
                    }
                }
            }
        }
        eprintln!("{}: {records} records of {matched} recordings", connector.slug);
        assert!(records > 0, "no recording of {} gives a record", connector.slug);
    }
    assert!(rejects.is_empty(), "{}", rejects.join("\n"));
}
