//! The direct and the interpreted form of an expression give the same outputs or both an error.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use proptest::prelude::*;
use sonic_rs::Value;
use unisono_connector::expr::Expr;

fn scalar() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::json;
    prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(|b| json!(b)),
        (-5_i64..50).prop_map(|i| json!(i)),
        (-8_i32..8).prop_map(|f| json!(f64::from(f) / 4.0)),
        "[ab1 ,<]{0,4}".prop_map(|s| json!(s)),
        Just(json!("2024-01-15")),
        Just(json!("12")),
        Just(json!("é\"\n")),
    ]
}

fn document() -> impl Strategy<Value = serde_json::Value> {
    scalar().prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::Array),
            prop::collection::btree_map("[abcd]", inner, 0..4)
                .prop_map(|m| serde_json::Value::Object(m.into_iter().collect())),
        ]
    })
}

fn leaf() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        ".",
        ".a",
        ".b",
        ".c",
        ".a.b",
        ".a?",
        ".b.c?",
        ".[0]",
        ".[-1]",
        ".a[1]",
        ".[]",
        ".[]?",
        ".a[]",
        ".b[]?.c",
        "null",
        "true",
        "false",
        "0",
        "1",
        "-1",
        "2.5",
        "\"a\"",
        "\"\"",
        "\"b,a\"",
        "[]",
        "{}",
        "[1,2]",
        "{\"a\":1,\"b\":\"x\"}",
        "$v",
        "$v.a",
        ".[$v]",
        ".[$v]?",
        "empty",
        "{\"a\":\"A\",\"1\":null}[.a]",
        "{\"a\":\"A\"}[.b]?",
        "first",
        "last",
        ".x.y.z",
    ])
    .prop_map(str::to_owned)
}

fn function() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "length",
        "tostring",
        "tonumber",
        "type",
        "not",
        "ascii_downcase",
        "ascii_upcase",
        "to_entries",
        "from_entries",
        "keys",
        "add",
        "flatten",
        "unique",
        "sort",
        "reverse",
        "min",
        "max",
        "any",
        "all",
        "first",
        "last",
        "floor",
        "trim",
        "tojson",
        "blank",
        "digits",
        "strip_html",
        "parse_json",
        "from_unix",
        "from_unix_ms",
        "values",
        "ceil",
        "round",
        "join(\",\")",
        "split(\",\")",
        "startswith(\"a\")",
        "endswith(\"a\")",
        "ltrimstr(\"a\")",
        "rtrimstr(\"a\")",
        "has(\"a\")",
        "has(0)",
        "test(\"a\")",
        "flatten(1)",
        "contains(\"a\")",
        "to_datetime(\"%Y-%m-%d\")",
        "keys_unsorted",
    ])
}

fn expression() -> impl Strategy<Value = String> {
    leaf().prop_recursive(4, 32, 3, |inner| {
        let two = (inner.clone(), inner.clone());
        let three = (inner.clone(), inner.clone(), inner.clone());
        let operator = prop::sample::select(vec![
            "+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "and", "or", "//", ",", "|",
        ]);
        prop_oneof![
            4 => (two.clone(), operator).prop_map(|((a, b), op)| format!("(({a}) {op} ({b}))")),
            3 => (inner.clone(), function()).prop_map(|(a, f)| format!("({a} | {f})")),
            1 => inner.clone().prop_map(|a| format!("[{a}]")),
            1 => two.clone().prop_map(|(a, b)| format!("{{a: ({a}), \"b c\": ({b})}}")),
            1 => two.clone().prop_map(|(a, b)| format!("({a} | {{(tostring): ({b})}})")),
            2 => inner.clone().prop_map(|a| format!("map({a})")),
            2 => inner.clone().prop_map(|a| format!("[.[]? | select({a})]")),
            1 => three.prop_map(|(a, b, c)| format!("(if {a} then {b} else {c} end)")),
            1 => inner.clone().prop_map(|a| format!("\"x\\({a})y\"")),
            1 => two.clone().prop_map(|(a, b)| format!("({a} as $x | {b} | [., $x])")),
            1 => inner.clone().prop_map(|a| format!("({a})?")),
            1 => inner.clone().prop_map(|a| format!("first({a})")),
            1 => inner.clone().prop_map(|a| format!("last({a})")),
            1 => two.clone().prop_map(|(a, b)| format!("any({a}; {b})")),
            1 => inner.clone().prop_map(|a| format!("all({a})")),
            1 => inner.clone().prop_map(|a| format!("-({a})")),
            1 => inner.clone().prop_map(|a| format!("({a}).a")),
            1 => two.prop_map(|(a, b)| format!("({a})[{b}]?")),
            1 => inner.prop_map(|a| format!("add({a})")),
        ]
    })
}

/// `1.0` and `1` are the same number.
fn canonical(json: &str) -> String {
    fn whole(value: serde_json::Value) -> serde_json::Value {
        match value {
            serde_json::Value::Number(n) => match n.as_f64() {
                Some(f) if f.fract() == 0.0 && f.abs() < 1e15 => serde_json::json!(f as i64),
                _ => serde_json::Value::Number(n),
            },
            serde_json::Value::Array(items) => items.into_iter().map(whole).collect(),
            serde_json::Value::Object(map) => map.into_iter().map(|(k, v)| (k, whole(v))).collect(),
            other => other,
        }
    }
    whole(serde_json::from_str(json).unwrap()).to_string()
}

fn run(expr: &Expr, input: &Value, variable: &Value) -> Result<Vec<String>, String> {
    match expr.eval_all(input, &[variable]) {
        Ok(values) => Ok(values.iter().map(|v| canonical(&sonic_rs::to_string(v).unwrap())).collect()),
        Err(e) => Err(e.to_string()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_forms_agree(source in expression(), input in document(), variable in scalar()) {
        let direct = Expr::parse_with(&source, &["$v"]).unwrap();
        if !direct.is_direct() {
            return Ok(());
        }
        let interpreted = Expr::parse_interpreted(&source, &["$v"]).unwrap();
        let input: Value = sonic_rs::from_str(&input.to_string()).unwrap();
        let variable: Value = sonic_rs::from_str(&variable.to_string()).unwrap();
        match (run(&direct, &input, &variable), run(&interpreted, &input, &variable)) {
            (Ok(a), Ok(b)) => prop_assert_eq!(a, b, "{}", source),
            (Err(_), Err(_)) => {}
            (a, b) => prop_assert!(false, "{}: direct {:?}, interpreted {:?}", source, a, b),
        }
    }
}
