//! TestApp, clocks and suites for the tests.
