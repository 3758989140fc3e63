//! Simulated vendors on a loopback port, described by sandbox.yaml.
