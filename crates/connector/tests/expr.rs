//! Expressions answer as jq does, directly and interpreted, and stay within their limits.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use sonic_rs::Value;
use unisono_connector::expr::{EvalError, Expr, Limits, OWN_FUNCTIONS, Template};

fn json(text: &str) -> Value {
    sonic_rs::from_str(text).unwrap()
}

fn outputs(expr: &Expr, input: &Value, vars: &[&Value]) -> String {
    match expr.eval_all(input, vars) {
        Ok(values) => values.iter().map(|v| sonic_rs::to_string(v).unwrap()).collect::<Vec<_>>().join(" "),
        Err(_) => "error".to_owned(),
    }
}

/// Both forms give these outputs (separated by a space), or an error.
fn check(input: &str, source: &str, expected: &str) {
    let input = json(input);
    let first = Expr::parse(source).unwrap_or_else(|e| panic!("{source}: {e}"));
    let second = Expr::parse_interpreted(source, &[]).unwrap_or_else(|e| panic!("{source}: {e}"));
    assert_eq!(outputs(&first, &input, &[]), expected, "{source} ({})", first.is_direct());
    assert_eq!(outputs(&second, &input, &[]), expected, "{source} (interpreted)");
}

/// As `check`, and the expression needs no interpreter.
fn direct(input: &str, source: &str, expected: &str) {
    assert!(Expr::parse(source).unwrap().is_direct(), "{source} is interpreted");
    check(input, source, expected);
}

#[test]
fn paths_propagate_null_and_refuse_scalars() {
    direct(r#"{"a":{"b":[1,2]}}"#, ".a.b[0]", "1");
    direct(r#"{"a":{"b":[1,2]}}"#, ".a.b[-1]", "2");
    direct(r#"{"a":{"b":[1,2]}}"#, ".a.b[7]", "null");
    direct(r#"{"x y":1}"#, r#".["x y"], ."x y""#, "1 1");
    direct(r#"{"a":null}"#, ".a.b.c[3].d", "null");
    direct(r#"{"a":1}"#, ".a.b", "error");
    direct(r#"{"a":1}"#, ".a.b?", "");
    direct(r#"{"a":1}"#, ".a[0]?", "");
    direct(r#"{"a":"x"}"#, ".a[]?", "");
    direct(r#"{"a":null}"#, ".a[]", "error");
    direct("[1,[2]]", ".[]", "1 [2]");
    direct(r#"{"b":1,"a":2}"#, ".[]", "1 2");
    direct(r#"{"k":"b","b":5}"#, ".[.k]", "5");
}

#[test]
fn alternatives_treat_null_false_and_errors_alike() {
    direct(r#"{"a":null,"b":2}"#, ".a // .b", "2");
    direct(r#"{"a":false,"b":2}"#, ".a // .b", "2");
    direct(r#"{"a":0,"b":2}"#, ".a // .b", "0");
    direct(r#"{"a":"x","b":2}"#, ".a.c // .b", "2");
    direct(r#"{"a":[null,1,false,2]}"#, ".a[] // 9", "1 2");
    direct(r#"{"a":[]}"#, ".a[] // 9", "9");
}

#[test]
fn construction_and_tables() {
    direct(r#"{"a":1,"n":"k"}"#, "{a, (.n): 2, \"c d\": .a}", r#"{"a":1,"k":2,"c d":1}"#);
    direct(r#"{"e":[{"v":1},{"v":2}]}"#, "[.e[] | {value: .v}]", r#"[{"value":1},{"value":2}]"#);
    direct(r#"{"g":"F"}"#, r#"{"M":"MALE","F":"FEMALE"}[.g]"#, r#""FEMALE""#);
    direct(r#"{"g":"X"}"#, r#"{"M":"MALE"}[.g] // .g"#, r#""X""#);
    direct(r#"{"g":null}"#, r#"{"M":"MALE"}[.g]"#, "error");
    direct(r#"{"g":null}"#, r#"{"M":"MALE"}[.g]?"#, "");
    direct("{}", "[]", "[]");
    direct("{}", "{}", "{}");
    direct(r#"{"a":1}"#, r#"{(.a): 1}"#, "error");
}

#[test]
fn conditions_comparisons_and_logic() {
    direct(r#"{"a":3}"#, "if .a > 2 then \"big\" elif .a > 1 then \"mid\" else \"small\" end", r#""big""#);
    direct(r#"{"a":3}"#, "if .b then 1 end", r#"{"a":3}"#);
    direct("{}", "null < false, false < true, true < 0, 0 < \"\", \"\" < [], [] < {}", "true true true true true true");
    direct("{}", "1 == 1.0, \"a\" == \"a\", [1] == [1], {\"a\":1} == {\"a\":1}", "true true true true");
    direct(r#"{"a":[1,2]}"#, "(.a | length) == 2 and (.a[0] == 1 | not) or true", "true");
}

#[test]
fn arithmetic_and_text() {
    direct(r#"{"f":"Ada","l":"Byron"}"#, r#".f + " " + .l"#, r#""Ada Byron""#);
    direct(r#"{"f":"Ada"}"#, ".f + .x", r#""Ada""#);
    direct(r#"{"f":"Ada"}"#, ".f + 1", "error");
    direct("{}", "10 / 2, 7 / 2, 7 % 3, -7 % 3, 2 * 3, 1 - 3", "5 3.5 1 -1 6 -2");
    direct("{}", "1 / 0", "error");
    direct("{}", "[1,2,3] - [2], {a:1} + {b:2}, {a:{b:1}} * {a:{c:2}}", r#"[1,3] {"a":1,"b":2} {"a":{"b":1,"c":2}}"#);
    direct(r#"{"a":1,"b":[1,"x"]}"#, r#""n=\(.a) \(.b) \(null)""#, r#""n=1 [1,\"x\"] null""#);
    direct("{}", "10 / 2 | tostring", r#""5""#);
    direct("{\"p\":10.0}", ".p | tostring", r#""10""#);
    check("{}", "[(1,2) * (3,4)]", "[3,6,4,8]");
}

#[test]
fn functions_of_jq() {
    direct(r#"["a",null,1,true]"#, r#"join("-")"#, r#""a--1-true""#);
    direct("[[1]]", r#"join("-")"#, "error");
    direct("[]", r#"join("-")"#, r#""""#);
    direct(r#""a,b""#, r#"split(",")"#, r#"["a","b"]"#);
    direct(r#""""#, r#"split(",")"#, "[]");
    direct(r#""aÉx""#, "ascii_downcase, ascii_upcase, length", r#""aÉx" "AÉX" 3"#);
    direct(
        r#""abc""#,
        r#"startswith("a"), endswith("a"), ltrimstr("a"), rtrimstr("bc"), ltrimstr(1), test("b")"#,
        r#"true false "bc" "a" "abc" true"#,
    );
    direct("1", r#"startswith("a")"#, "error");
    direct(r#"[" 12","1.5","12",3]"#, "[.[] | tonumber?]", "[1.5,12,3]");
    direct(r#"[null,true,1,"a",[],{}]"#, "map(type)", r#"["null","boolean","number","string","array","object"]"#);
    direct("null", "length", "0");
    direct("true", "length", "error");
    direct("[-5]", ".[0] | length", "5");
    direct(r#"{"b":1,"a":null}"#, "to_entries", r#"[{"key":"b","value":1},{"key":"a","value":null}]"#);
    direct(r#"[{"name":"a","value":1},{"k":"b","v":false}]"#, "from_entries", r#"{"a":1,"b":false}"#);
    direct(r#"{"b":1,"a":null}"#, r#"keys, has("a"), has("z")"#, r#"["a","b"] true false"#);
    direct("[1]", "has(0), has(1)", "true false");
    direct("[3,1,3,null]", "unique, sort, reverse, min, max", "[null,1,3] [null,1,3,3] [null,3,1,3] null 3");
    direct("[[1,[2]],3]", "flatten, flatten(1)", "[1,2,3] [1,[2],3]");
    direct(r#"["a","b"]"#, "add, first, last", r#""ab" "a" "b""#);
    direct("[]", "add, first, last", "null null null");
    direct("[1,2,3]", "first(.[] | select(. > 1)), last(.[]), [.[] | select(. != 2)], map(. + 1)", "2 3 [1,3] [2,3,4]");
    direct("[1,2]", "any(. > 1), all(. > 1), any(.[]; . == 2), ([] | any), ([] | all)", "true false true false true");
    direct("[1,2]", ".[0] as $a | .[1] as $b | [$b, $a], {$a}", r#"[2,1] {"a":1}"#);
    direct("{}", "empty", "");
    direct("[1.5,-1.5]", "map(floor), map(ceil), map(round)", "[1,-2] [2,-1] [2,-2]");
    direct(r#"{"a":[1,2]}"#, "contains({a:[1]})", "true");
}

#[test]
fn the_rest_is_interpreted() {
    for (input, source, expected) in [
        ("[3,1,2]", "sort_by(-.)", "[3,2,1]"),
        (r#"{"a":1}"#, "with_entries(.value += 1)", r#"{"a":2}"#),
        ("[1,2,3,4]", ".[1:3]", "[2,3]"),
        (r#""a1b22""#, r#"[scan("[0-9]+")]"#, r#"["1","22"]"#),
        (r#""2024-01-02T03:04:05Z""#, "fromdate", "1704164645"),
        ("[1,2,3]", "reduce .[] as $x (0; . + $x)", "6"),
        ("null", "[limit(3; repeat(1))]", "[1,1,1]"),
        (r#"{"a":{"b":1}}"#, "[paths]", r#"[["a"],["a","b"]]"#),
        (r#"{"a":1}"#, "try error(\"x\") catch .", r#""x""#),
        ("null", "[range(3)] | map(. * 2)", "[0,2,4]"),
        ("\"a b\"", "@uri", r#""a%20b""#),
        ("[[1,2],[3,4]]", ".[] as [$a, $b] | {$a, $b}", r#"{"a":1,"b":2} {"a":3,"b":4}"#),
        ("{\"a\":{\"x\":1}}", ".a.x |= . + 1", r#"{"a":{"x":2}}"#),
        ("[1,[2]]", "[.. | numbers]", "[1,2]"),
        ("null", "def f(x): x + 1; f(2)", "3"),
        ("[1,null]", "map(values)", "[1]"),
    ] {
        check(input, source, expected);
    }
    assert!(!Expr::parse("sort_by(-.)").unwrap().is_direct());
}

#[test]
fn our_functions_do_what_their_examples_say() {
    for function in OWN_FUNCTIONS {
        for (input, source, expected) in function.examples {
            direct(input, source, expected);
        }
    }
    direct("true", "from_unix", "error");
    direct(r#""31.12.2023""#, r#"to_datetime("%d/%m/%Y")"#, "error");
}

#[test]
fn variables_are_those_declared() {
    let expr = Expr::parse_with("$parent.id + .x", &["$parent", "$config"]).unwrap();
    let (parent, config) = (json(r#"{"id":40}"#), json("{}"));
    assert_eq!(outputs(&expr, &json(r#"{"x":2}"#), &[&parent, &config]), "42");
    let interpreted = Expr::parse_interpreted("$parent.id + .x", &["$parent", "$config"]).unwrap();
    assert_eq!(outputs(&interpreted, &json(r#"{"x":2}"#), &[&parent, &config]), "42");
    let error = Expr::parse_with(".a + $paremt.id", &["$parent"]).unwrap_err();
    assert_eq!(error.to_string(), "at character 5: unknown variable `$paremt`, did you mean `$parent`?");
}

#[test]
fn mistakes_are_found_when_parsing() {
    let message = |source: &str| Expr::parse(source).unwrap_err().to_string();
    assert_eq!(
        message(".a | ascii_downcas"),
        "at character 5: unknown function `ascii_downcas`, did you mean `ascii_downcase`?"
    );
    assert_eq!(message("(.a"), "at character 3: a ( is never closed");
    assert_eq!(message(".a +"), "at character 4: expected term, found the end");
    assert_eq!(message("split"), "at character 0: `split` takes 1 or 2 arguments, not 0");
    assert!(message("now").contains("not available"));
    assert!(message("$ENV.HOME").contains("unknown variable"));
    assert!(message("env").contains("not available"));
    assert!(message("def f: f; f").contains("recursion is not allowed"));
    assert!(message(&"[".repeat(1000)).contains("nested more than"));
    assert!(message(&"-".repeat(5000)).contains("operators"));
}

#[test]
fn limits_hold() {
    let limits = Limits { steps: 5_000, outputs: 100, bytes: 1 << 20, depth: 64 };
    let run = |source: &str| Expr::parse(source).unwrap().eval_within(&json("null"), &[], &limits);
    let what = |source: &str| match run(source) {
        Err(EvalError::Limit { what, .. }) => what,
        other => panic!("{source}: {other:?}"),
    };
    assert_eq!(what("[range(1e9)] | length"), "steps");
    assert_eq!(what("last(repeat(1))"), "steps");
    assert_eq!(what("[recurse(. + 1)]"), "steps");
    assert_eq!(what("1 | until(false; . + 1)"), "steps");
    assert_eq!(what("try last(repeat(1)) catch 1"), "steps");
    assert_eq!(what("last(repeat(1)) // 1"), "steps");
    assert_eq!(what("range(200)"), "outputs");
    assert_eq!(what("reduce range(100) as $i (\"x\"; . + .)"), "bytes");
    assert_eq!(what("\"abc\" * 1e12"), "bytes");
    assert_eq!(what("reduce range(1000) as $i (0; [.])"), "depth");
    let doubled = format!("[1]{} | length", " | . as $x | [$x, $x]".repeat(40));
    assert_eq!(what(&doubled), "steps");
}

#[test]
fn one_value_is_wanted_where_one_is_asked() {
    let two = Expr::parse(".[]").unwrap();
    assert_eq!(two.eval(&json("[1,2]"), &[]), Err(EvalError::Many));
    assert_eq!(sonic_rs::to_string(&two.eval(&json("[]"), &[]).unwrap()).unwrap(), "null");
    assert!(Expr::parse(".a == 1").unwrap().eval_bool(&json(r#"{"a":1}"#), &[]).unwrap());
}

#[test]
fn numbers_survive() {
    direct(
        "[9223372036854775807, 18446744073709551615, -9223372036854775808, 0.1]",
        ".[]",
        "9223372036854775807 18446744073709551615 -9223372036854775808 0.1",
    );
    direct("9223372036854775807", "tostring", r#""9223372036854775807""#);
}

fn text(template: &str, context: &str) -> Option<String> {
    Template::parse(template).unwrap().text(&json(context), &[]).unwrap()
}

#[test]
fn templates_mix_text_and_values() {
    let cx = r#"{"config":{"sub":"acme","n":5,"none":null}}"#;
    assert_eq!(text("https://{{ .config.sub }}.example.com/{{.config.n}}", cx).unwrap(), "https://acme.example.com/5");
    assert_eq!(text("plain", cx).unwrap(), "plain");
    assert_eq!(text("{{ .config.none }}", cx), None);
    assert_eq!(text("a{{ .config.none }}b", cx).unwrap(), "ab");
    assert_eq!(text("{{ {a: {b: 1}} | .a.b }}", cx).unwrap(), "1");
    assert_eq!(text(r#"{{ "}}" + .config.sub }}"#, cx).unwrap(), "}}acme");
    let typed = Template::parse("{{ .config.n }}").unwrap().json(&json(cx), &[]).unwrap().unwrap();
    assert_eq!(sonic_rs::to_string(&typed).unwrap(), "5");
    let error = Template::parse("ab{{ .x + }}").unwrap_err();
    assert!(error.position >= 4 && error.to_string().contains("expected term"), "{error}");
    assert_eq!(Template::parse("ab{{ .x").unwrap_err().to_string(), "at character 2: this {{ is never closed");
}
