//! jq's syntax tree into the direct form, where it is of the subset that has one.
//!
//! Always true: a compiled expression answers as the interpreted one (property test `expr_equal`);
//! anything whose operands may give several values where one is assumed is left to the interpreter.

use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Pattern, Term};
use jaq_core::ops::Math;
use jaq_core::path::{Opt, Part, Path};

use super::Val;
use super::context::Hint;
use super::functions::{Fun, parse_number, put};
use super::run::Node;

/// Compiles, or `None` if the expression is outside the subset.
pub(super) fn compile(term: &Term<&str>, variables: &[&str]) -> Option<Node> {
    Scope { variables, locals: Vec::new() }.node(term)
}

struct Scope<'s> {
    variables: &'s [&'s str],
    locals: Vec<String>,
}

impl Scope<'_> {
    fn node(&mut self, term: &Term<&str>) -> Option<Node> {
        if let Some(value) = literal(term) {
            return Some(Node::Const(value));
        }
        match term {
            Term::Id => Some(Node::Id),
            Term::Str(None, parts) => self.text(parts),
            Term::Arr(items) => Some(Node::Array(match items {
                Some(items) => Some(Box::new(self.node(items)?)),
                None => None,
            })),
            Term::Obj(pairs) => self.object(pairs),
            Term::Neg(of) => Some(Node::Negate(self.single(of)?)),
            Term::BinOp(l, op, r) => self.binary(l, op, r),
            Term::TryCatch(of, None) => Some(Node::Try(Box::new(self.node(of)?))),
            Term::IfThenElse(branches, otherwise) => self.choice(branches, otherwise.as_deref()),
            Term::Call(name, args) => self.call(name, args),
            Term::Var(name) => self.variable(name),
            Term::Path(of, path) => self.path(of, path),
            Term::Str(Some(_), _) | Term::Num(_) | Term::Recurse | Term::TryCatch(_, Some(_)) => None,
            Term::Label(..) | Term::Break(_) | Term::Fold(..) | Term::Def(..) => None,
        }
    }

    /// A node that gives exactly one value.
    fn single(&mut self, term: &Term<&str>) -> Option<Box<Node>> {
        let node = self.node(term)?;
        node.single().then(|| Box::new(node))
    }

    fn variable(&self, name: &str) -> Option<Node> {
        match self.locals.iter().rev().position(|local| local == name) {
            Some(index) => Some(Node::Local(index)),
            None => self.variables.iter().position(|v| *v == name).map(Node::External),
        }
    }

    fn text(&mut self, parts: &[StrPart<&str, Term<&str>>]) -> Option<Node> {
        let mut nodes = Vec::new();
        for part in parts {
            nodes.push(match part {
                StrPart::Str(s) => Node::Const(Val::string((*s).to_owned())),
                StrPart::Char(c) => Node::Const(Val::string(c.to_string())),
                StrPart::Term(term) => *self.single(term)?,
            });
        }
        Some(Node::Text(nodes))
    }

    fn object(&mut self, pairs: &[(Term<&str>, Option<Term<&str>>)]) -> Option<Node> {
        let mut nodes = Vec::with_capacity(pairs.len());
        for (key, value) in pairs {
            let key_node = match key {
                Term::Var(name) => Node::Const(Val::string(name.trim_start_matches('$').to_owned())),
                key => *self.single(key)?,
            };
            let value = match (key, value) {
                (_, Some(value)) => *self.single(value)?,
                (Term::Var(name), None) => self.variable(name)?,
                (key, None) => {
                    let key: Box<str> = literal(key)?.as_str()?.into();
                    Node::Key { of: Box::new(Node::Id), key, optional: false, hint: Hint::default() }
                }
            };
            nodes.push((key_node, value));
        }
        Some(Node::Object(nodes))
    }

    fn choice(&mut self, branches: &[(Term<&str>, Term<&str>)], otherwise: Option<&Term<&str>>) -> Option<Node> {
        let mut nodes = Vec::with_capacity(branches.len());
        for (condition, then) in branches {
            nodes.push((*self.single(condition)?, self.node(then)?));
        }
        let otherwise = otherwise.map_or(Some(Node::Id), |t| self.node(t))?;
        Some(Node::If(nodes, Box::new(otherwise)))
    }

    fn binary(&mut self, l: &Term<&str>, op: &BinaryOp<&str>, r: &Term<&str>) -> Option<Node> {
        Some(match op {
            BinaryOp::Pipe(None) => Node::Pipe(Box::new(self.node(l)?), Box::new(self.node(r)?)),
            BinaryOp::Pipe(Some(Pattern::Var(name))) => {
                let value = self.node(l)?;
                self.locals.push((*name).to_owned());
                let body = self.node(r);
                self.locals.pop();
                Node::Bind(Box::new(value), Box::new(body?))
            }
            BinaryOp::Comma => Node::Comma(Box::new(self.node(l)?), Box::new(self.node(r)?)),
            BinaryOp::Alt => Node::Alt(Box::new(self.node(l)?), Box::new(self.node(r)?)),
            BinaryOp::Or => Node::Or(self.single(l)?, self.single(r)?),
            BinaryOp::And => Node::And(self.single(l)?, self.single(r)?),
            BinaryOp::Math(math) => Node::Math(math_fun(*math), self.single(l)?, self.single(r)?),
            BinaryOp::Cmp(cmp) => Node::Cmp(*cmp, self.single(l)?, self.single(r)?),
            BinaryOp::Pipe(Some(_)) | BinaryOp::Assign | BinaryOp::Update => return None,
            BinaryOp::UpdateMath(_) | BinaryOp::UpdateAlt => return None,
        })
    }

    fn call(&mut self, name: &str, args: &[Term<&str>]) -> Option<Node> {
        match (name, args) {
            ("empty", []) => Some(Node::Empty),
            ("first" | "last", []) => Some(Node::Index {
                of: Box::new(Node::Id),
                index: if name == "first" { 0 } else { -1 },
                optional: false,
            }),
            ("first", [of]) => Some(Node::First(Box::new(self.node(of)?))),
            ("last", [of]) => Some(Node::Last(Box::new(self.node(of)?))),
            ("select", [condition]) => Some(Node::Select(self.single(condition)?)),
            ("values", []) => {
                let null = Box::new(Node::Const(Val::Null));
                Some(Node::Select(Box::new(Node::Cmp(jaq_core::ops::Cmp::Ne, Box::new(Node::Id), null))))
            }
            ("map", [f]) => {
                let each = Node::Iterate { of: Box::new(Node::Id), optional: false };
                let mapped = Node::Pipe(Box::new(each), Box::new(self.node(f)?));
                Some(Node::Array(Some(Box::new(mapped))))
            }
            ("any" | "all", [condition]) => {
                let generator = Box::new(Node::Iterate { of: Box::new(Node::Id), optional: false });
                Some(Node::Quantify { stop: name == "any", generator, condition: self.single(condition)? })
            }
            ("any" | "all", [generator, condition]) => Some(Node::Quantify {
                stop: name == "any",
                generator: Box::new(self.node(generator)?),
                condition: self.single(condition)?,
            }),
            ("add", [of]) => {
                let all = Node::Array(Some(Box::new(self.node(of)?)));
                Some(Node::Pipe(Box::new(all), Box::new(Node::Call(Fun::AddAll, Vec::new()))))
            }
            ("test", [pattern]) => {
                let pattern = literal(pattern)?;
                let text = pattern.as_str()?;
                let plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '@' | '/' | ':' | ',');
                text.chars().all(plain).then(|| Node::Contains(text.into()))
            }
            _ if name.starts_with("__") => None,
            _ => {
                let fun = Fun::find(name, args.len())?;
                let args = args.iter().map(|a| self.single(a).map(|n| *n)).collect::<Option<Vec<_>>>()?;
                Some(Node::Call(fun, args))
            }
        }
    }

    fn path(&mut self, of: &Term<&str>, path: &Path<Term<&str>>) -> Option<Node> {
        let mut node = self.node(of)?;
        for (part, opt) in &path.0 {
            let optional = matches!(opt, Opt::Optional);
            node = match part {
                Part::Range(None, None) => Node::Iterate { of: Box::new(node), optional },
                Part::Range(..) => return None,
                Part::Index(key) => self.index(node, key, optional)?,
            };
        }
        Some(node)
    }

    fn index(&mut self, of: Node, key: &Term<&str>, optional: bool) -> Option<Node> {
        match (literal(key), of) {
            (Some(Val::Str(key)), of) => {
                Some(Node::Key { of: Box::new(of), key: (*key).into(), optional, hint: Hint::default() })
            }
            (Some(Val::Int(index)), of) => Some(Node::Index { of: Box::new(of), index, optional }),
            (Some(_), _) => None,
            (None, Node::Const(Val::Obj(pairs))) => {
                let rows = pairs.into_iter().map(|(k, v)| ((*k).into(), v)).collect();
                Some(Node::Table { rows, key: self.single(key)?, optional })
            }
            (None, of) => Some(Node::Lookup { of: Box::new(of), key: self.single(key)?, optional }),
        }
    }
}

/// The function of an operator.
pub(super) fn math_fun(math: Math) -> Fun {
    match math {
        Math::Add => Fun::Add,
        Math::Sub => Fun::Sub,
        Math::Mul => Fun::Mul,
        Math::Div => Fun::Div,
        Math::Rem => Fun::Rem,
    }
}

/// The value of a literal: null, booleans, numbers, plain strings, and objects and arrays of such.
fn literal(term: &Term<&str>) -> Option<Val<'static>> {
    match term {
        Term::Call("null", args) if args.is_empty() => Some(Val::Null),
        Term::Call("true", args) if args.is_empty() => Some(Val::Bool(true)),
        Term::Call("false", args) if args.is_empty() => Some(Val::Bool(false)),
        Term::Num(text) => parse_number(text),
        Term::Neg(of) => match literal(of)? {
            Val::Int(i) => Some(Val::Int(i.checked_neg()?)),
            Val::Float(f) => Some(Val::Float(-f)),
            _ => None,
        },
        Term::Str(None, parts) => {
            let mut text = String::new();
            for part in parts {
                match part {
                    StrPart::Str(s) => text.push_str(s),
                    StrPart::Char(c) => text.push(*c),
                    StrPart::Term(_) => return None,
                }
            }
            Some(Val::string(text))
        }
        Term::Arr(None) => Some(Val::Arr(Vec::new())),
        Term::Arr(Some(items)) => {
            let mut all = Vec::new();
            literals(items, &mut all)?;
            Some(Val::Arr(all))
        }
        Term::Obj(pairs) => {
            let mut built = Vec::with_capacity(pairs.len());
            for (key, value) in pairs {
                let Val::Str(key) = literal(key)? else { return None };
                put(&mut built, key, literal(value.as_ref()?)?);
            }
            Some(Val::Obj(built))
        }
        _ => None,
    }
}

fn literals(term: &Term<&str>, all: &mut Vec<Val<'static>>) -> Option<()> {
    match term {
        Term::BinOp(l, BinaryOp::Comma, r) => literals(l, all).and_then(|()| literals(r, all)),
        term => literal(term).map(|v| all.push(v)),
    }
}
