//! A syntax tree back into source text for the interpreter, with guards woven in.
//!
//! Always true: the text means what jq means by the expression. Where the interpreter differs from
//! jq (errors left of `//`, order of operands) or has no bound (arithmetic on text, loops), the
//! text calls our natives: `__add` ... for the operators, `__step` for every turn of a loop.

use std::fmt::Write;

use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Pattern, Term};
use jaq_core::ops::{Cmp, Math};
use jaq_core::path::{Opt, Part};

use super::compile::math_fun;

/// Prints a term.
pub(super) fn print(term: &Term<&str>) -> String {
    let mut out = String::new();
    // Writing into a string cannot fail.
    let _ = write(term, &mut out);
    out
}

type Done = std::fmt::Result;

fn write(term: &Term<&str>, out: &mut String) -> Done {
    match term {
        Term::Id => out.write_str("."),
        Term::Recurse => out.write_str("(.. | __step)"),
        Term::Num(n) => out.write_str(n),
        Term::Var(name) => out.write_str(name),
        Term::Break(name) => write!(out, "(break {name})"),
        Term::Str(format, parts) => text(*format, parts, out),
        Term::Arr(None) => out.write_str("[]"),
        Term::Arr(Some(items)) => around("[", items, "]", out),
        Term::Obj(pairs) => object(pairs, out),
        Term::Neg(of) => around("(- ", of, ")", out),
        Term::BinOp(l, op, r) => binary(l, op, r, out),
        Term::Label(name, of) => {
            write!(out, "(label {name} | ")?;
            around("", of, ")", out)
        }
        Term::Fold(kind, xs, pattern, args) => fold(kind, xs, pattern, args, out),
        Term::TryCatch(of, catch) => {
            around("(try (", of, ")", out)?;
            if let Some(catch) = catch {
                around(" catch (", catch, ")", out)?;
            }
            out.write_str(")")
        }
        Term::IfThenElse(branches, otherwise) => choice(branches, otherwise.as_deref(), out),
        Term::Def(defs, body) => {
            out.write_str("(")?;
            for def in defs {
                write!(out, "def {}", def.name)?;
                if !def.args.is_empty() {
                    write!(out, "({})", def.args.join("; "))?;
                }
                around(": ", &def.body, "; ", out)?;
            }
            around("", body, ")", out)
        }
        Term::Call(name, args) => {
            out.write_str(name)?;
            for (i, arg) in args.iter().enumerate() {
                around(if i == 0 { "(" } else { "; " }, arg, "", out)?;
            }
            out.write_str(if args.is_empty() { "" } else { ")" })
        }
        Term::Path(of, path) => {
            for (i, (part, _)) in path.0.iter().enumerate().rev() {
                match part {
                    // jq looks at the key before it looks at the value.
                    Part::Index(key) if !is_text(key) => {
                        around("((", key, ") as $__k", out)?;
                        write!(out, "{i} | ")?;
                    }
                    _ => out.write_str("(")?,
                }
            }
            write(of, out)?;
            path.0.iter().enumerate().try_for_each(|(i, (part, opt))| step(i, part, *opt, out))
        }
    }
}

fn around(before: &str, term: &Term<&str>, after: &str, out: &mut String) -> Done {
    out.write_str(before)?;
    write(term, out)?;
    out.write_str(after)
}

/// A literal key, which needs no guard.
fn is_text(key: &Term<&str>) -> bool {
    matches!(key, Term::Str(None, parts) if !parts.iter().any(|p| matches!(p, StrPart::Term(_))))
}

fn step(place: usize, part: &Part<Term<&str>>, opt: Opt, out: &mut String) -> Done {
    let mark = if matches!(opt, Opt::Optional) { "?" } else { "" };
    match part {
        Part::Index(key) if is_text(key) => {
            around("[", key, "]", out)?;
            write!(out, "{mark})")
        }
        Part::Index(_) => write!(out, " | __at($__k{place}){mark})"),
        Part::Range(None, None) => write!(out, "[]{mark} | __step)"),
        Part::Range(from, upto) => {
            out.write_str("[")?;
            from.iter().try_for_each(|t| write(t, out))?;
            out.write_str(":")?;
            upto.iter().try_for_each(|t| write(t, out))?;
            write!(out, "]{mark})")
        }
    }
}

fn text(format: Option<&str>, parts: &[StrPart<&str, Term<&str>>], out: &mut String) -> Done {
    if let Some(format) = format {
        write!(out, "{format} ")?;
    }
    out.write_str("\"")?;
    for part in parts {
        match part {
            StrPart::Str(s) => out.write_str(s)?,
            StrPart::Char(c @ ('"' | '\\')) => write!(out, "\\{c}")?,
            StrPart::Char(c) if c.is_control() => write!(out, "\\u{:04x}", u32::from(*c))?,
            StrPart::Char(c) => write!(out, "{c}")?,
            StrPart::Term(term) if format.is_none() => around("\\(", term, " | tostring)", out)?,
            StrPart::Term(term) => around("\\(", term, ")", out)?,
        }
    }
    out.write_str("\"")
}

fn object(pairs: &[(Term<&str>, Option<Term<&str>>)], out: &mut String) -> Done {
    out.write_str("{")?;
    for (i, (key, value)) in pairs.iter().enumerate() {
        out.write_str(if i == 0 { "" } else { ", " })?;
        match (key, value) {
            (key, None) => write(key, out)?,
            (key @ Term::Str(..), Some(value)) => {
                around("", key, ": (", out)?;
                around("", value, ")", out)?;
            }
            (key, Some(value)) => {
                around("(", key, "): (", out)?;
                around("", value, ")", out)?;
            }
        }
    }
    out.write_str("}")
}

fn binary(l: &Term<&str>, op: &BinaryOp<&str>, r: &Term<&str>, out: &mut String) -> Done {
    let plain = |name: &str, out: &mut String| {
        around("(", l, " ", out)?;
        out.write_str(name)?;
        around(" ", r, ")", out)
    };
    match op {
        BinaryOp::Pipe(None) => plain("|", out),
        BinaryOp::Pipe(Some(bound)) => {
            around("((", l, ") as ", out)?;
            pattern(bound, out)?;
            around(" | ", r, ")", out)
        }
        BinaryOp::Comma => plain(",", out),
        BinaryOp::Alt => {
            around("((try (", l, ")) // (", out)?;
            around("", r, "))", out)
        }
        BinaryOp::Or => plain("or", out),
        BinaryOp::And => plain("and", out),
        BinaryOp::Math(math) => {
            around("((", r, ") as $__r | (", out)?;
            around("", l, ") as $__l | ", out)?;
            write!(out, "{}($__l; $__r))", math_fun(*math).name().0)
        }
        BinaryOp::Cmp(cmp) => {
            around("((", r, ") as $__r | (", out)?;
            around("", l, ") as $__l | ", out)?;
            write!(out, "($__l {} $__r))", cmp_text(*cmp))
        }
        BinaryOp::Assign => plain("=", out),
        BinaryOp::Update => plain("|=", out),
        BinaryOp::UpdateAlt => plain("//=", out),
        BinaryOp::UpdateMath(math) => update(l, *math, r, out),
    }
}

fn update(l: &Term<&str>, math: Math, r: &Term<&str>, out: &mut String) -> Done {
    around("((", r, ") as $__r | ", out)?;
    around("(", l, ") |= ", out)?;
    write!(out, "{}(.; $__r))", math_fun(math).name().0)
}

fn cmp_text(cmp: Cmp) -> &'static str {
    match cmp {
        Cmp::Lt => "<",
        Cmp::Le => "<=",
        Cmp::Gt => ">",
        Cmp::Ge => ">=",
        Cmp::Eq => "==",
        Cmp::Ne => "!=",
    }
}

fn fold(kind: &str, xs: &Term<&str>, bound: &Pattern<&str>, args: &[Term<&str>], out: &mut String) -> Done {
    write!(out, "({kind} ")?;
    around("(", xs, ") as ", out)?;
    pattern(bound, out)?;
    out.write_str(" (")?;
    for (i, arg) in args.iter().enumerate() {
        out.write_str(if i == 0 { "" } else { "; " })?;
        match i {
            1 => around("((", arg, ") | __turn)", out)?,
            _ => write(arg, out)?,
        }
    }
    out.write_str("))")
}

fn choice(branches: &[(Term<&str>, Term<&str>)], otherwise: Option<&Term<&str>>, out: &mut String) -> Done {
    for (i, (condition, then)) in branches.iter().enumerate() {
        around(if i == 0 { "(if " } else { " elif " }, condition, " then ", out)?;
        write(then, out)?;
    }
    if let Some(otherwise) = otherwise {
        around(" else ", otherwise, "", out)?;
    }
    out.write_str(" end)")
}

fn pattern(bound: &Pattern<&str>, out: &mut String) -> Done {
    match bound {
        Pattern::Var(name) => out.write_str(name),
        Pattern::Arr(items) => {
            for (i, item) in items.iter().enumerate() {
                out.write_str(if i == 0 { "[" } else { ", " })?;
                pattern(item, out)?;
            }
            out.write_str("]")
        }
        Pattern::Obj(pairs) => {
            for (i, (key, item)) in pairs.iter().enumerate() {
                out.write_str(if i == 0 { "{" } else { ", " })?;
                match key {
                    Term::Str(..) => around("", key, ": ", out)?,
                    key => around("(", key, "): ", out)?,
                }
                pattern(item, out)?;
            }
            out.write_str("}")
        }
    }
}
