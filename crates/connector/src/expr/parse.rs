//! Source text into jaq's syntax tree, and its errors into ours.

use jaq_core::load::lex::{Lexer, StrPart};
use jaq_core::load::parse::{BinaryOp, Parser, Pattern, Term};
use jaq_core::path::Part;

use super::{ExprError, bounds};

/// Parses one expression.
pub(super) fn parse(source: &str) -> Result<Term<&str>, ExprError> {
    bounds::check(source)?;
    let tokens = Lexer::new(source).lex().map_err(|errors| {
        let first = errors.into_iter().next();
        let (message, at) = first.map_or(("unreadable text", ""), |(expect, at)| (lexed(&expect), at));
        error(source, at, message.to_owned())
    })?;
    Parser::new(&tokens).parse(Parser::term).map_err(|errors| {
        let Some((expect, found)) = errors.into_iter().next() else {
            return error(source, "", "unreadable expression".to_owned());
        };
        let at = found.map_or(&source[source.len()..], |token| token.as_str());
        let shown: String = at.chars().take(20).collect();
        let found = if at.is_empty() { "the end".to_owned() } else { format!("`{shown}`") };
        let wanted = match expect.as_str() {
            "" => "the end",
            "nothing" => "the end",
            other => other,
        };
        error(source, at, format!("expected {wanted}, found {found}"))
    })
}

fn lexed(expect: &jaq_core::load::lex::Expect<&str>) -> &'static str {
    use jaq_core::load::lex::Expect;
    match expect {
        Expect::Delim("(") => "a ( is never closed",
        Expect::Delim("[") => "a [ is never closed",
        Expect::Delim("{") => "a { is never closed",
        Expect::Delim(_) => "a quote is never closed",
        Expect::Digit => "expected a digit",
        Expect::Ident => "expected a name",
        Expect::Escape => "unknown escape sequence",
        _ => "unexpected character",
    }
}

/// An error at a slice of the source.
pub(super) fn error(source: &str, at: &str, message: String) -> ExprError {
    let start = (at.as_ptr() as usize).wrapping_sub(source.as_ptr() as usize);
    let position = if start <= source.len() { start } else { 0 };
    ExprError { position, message, suggestion: None }
}

/// The nearest of the names, if one is near.
pub(crate) fn nearest<'n>(name: &str, names: impl IntoIterator<Item = &'n str>) -> Option<String> {
    let scored = names.into_iter().map(|n| (strsim::jaro_winkler(name, n), n));
    scored.filter(|(score, _)| *score > 0.8).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, n)| n.to_owned())
}

/// Refuses variables that are neither declared nor bound, and definitions that call themselves.
pub(super) fn check_variables<'s>(source: &'s str, term: &Term<&'s str>, variables: &[&str]) -> Result<(), ExprError> {
    let mut bound: Vec<&str> = variables.to_vec();
    Names { source, defining: Vec::new() }.term(term, &mut bound)
}

struct Names<'s> {
    source: &'s str,
    defining: Vec<(&'s str, usize)>,
}

impl<'s> Names<'s> {
    fn term<'b>(&mut self, term: &Term<&'s str>, bound: &mut Vec<&'b str>) -> Result<(), ExprError>
    where
        's: 'b,
    {
        match term {
            Term::Id | Term::Recurse | Term::Num(_) | Term::Break(_) | Term::Arr(None) => Ok(()),
            Term::Str(_, parts) => parts.iter().try_for_each(|part| match part {
                StrPart::Term(t) => self.term(t, bound),
                _ => Ok(()),
            }),
            Term::Arr(Some(t)) | Term::Neg(t) | Term::Label(_, t) | Term::TryCatch(t, None) => self.term(t, bound),
            Term::TryCatch(t, Some(c)) => self.term(t, bound).and_then(|()| self.term(c, bound)),
            Term::Obj(pairs) => pairs.iter().try_for_each(|(k, v)| {
                self.term(k, bound)?;
                v.iter().try_for_each(|v| self.term(v, bound))
            }),
            Term::BinOp(l, BinaryOp::Pipe(Some(pattern)), r) => {
                self.term(l, bound)?;
                self.within(pattern, bound, &[r])
            }
            Term::BinOp(l, _, r) => self.term(l, bound).and_then(|()| self.term(r, bound)),
            Term::Fold(_, xs, pattern, args) => {
                self.term(xs, bound)?;
                let args: Vec<_> = args.iter().collect();
                let (init, rest) = args.split_at(args.len().min(1));
                init.iter().try_for_each(|t| self.term(t, bound))?;
                self.within(pattern, bound, rest)
            }
            Term::IfThenElse(branches, otherwise) => {
                branches.iter().try_for_each(|(c, t)| self.term(c, bound).and_then(|()| self.term(t, bound)))?;
                otherwise.iter().try_for_each(|t| self.term(t, bound))
            }
            Term::Def(defs, t) => self.definitions(defs, t, bound),
            Term::Call(name, args) => {
                if self.defining.contains(&(*name, args.len())) {
                    return Err(error(self.source, name, format!("`{name}` calls itself; recursion is not allowed")));
                }
                args.iter().try_for_each(|t| self.term(t, bound))
            }
            Term::Var(name) if bound.contains(name) => Ok(()),
            Term::Var(name) => {
                let mut e = error(self.source, name, format!("unknown variable `{name}`"));
                e.suggestion = nearest(name, bound.iter().copied());
                Err(e)
            }
            Term::Path(t, path) => {
                self.term(t, bound)?;
                path.0.iter().try_for_each(|(part, _)| match part {
                    Part::Index(t) => self.term(t, bound),
                    Part::Range(a, b) => a.iter().chain(b).try_for_each(|t| self.term(t, bound)),
                })
            }
        }
    }

    fn within<'b>(
        &mut self,
        pattern: &Pattern<&'s str>,
        bound: &mut Vec<&'b str>,
        terms: &[&Term<&'s str>],
    ) -> Result<(), ExprError>
    where
        's: 'b,
    {
        let before = bound.len();
        names(pattern, bound);
        self.keys(pattern, bound)?;
        terms.iter().try_for_each(|t| self.term(t, bound))?;
        bound.truncate(before);
        Ok(())
    }

    fn keys<'b>(&mut self, pattern: &Pattern<&'s str>, bound: &mut Vec<&'b str>) -> Result<(), ExprError>
    where
        's: 'b,
    {
        match pattern {
            Pattern::Var(_) => Ok(()),
            Pattern::Arr(items) => items.iter().try_for_each(|p| self.keys(p, bound)),
            Pattern::Obj(pairs) => pairs.iter().try_for_each(|(k, p)| {
                self.term(k, bound)?;
                self.keys(p, bound)
            }),
        }
    }

    fn definitions<'b>(
        &mut self,
        defs: &[jaq_core::load::parse::Def<&'s str>],
        body: &Term<&'s str>,
        bound: &mut Vec<&'b str>,
    ) -> Result<(), ExprError>
    where
        's: 'b,
    {
        for def in defs {
            let before = bound.len();
            bound.extend(def.args.iter().copied().filter(|a| a.starts_with('$')));
            self.defining.push((def.name, def.args.len()));
            self.term(&def.body, bound)?;
            self.defining.pop();
            bound.truncate(before);
        }
        self.term(body, bound)
    }
}

fn names<'b, 's: 'b>(pattern: &Pattern<&'s str>, bound: &mut Vec<&'b str>) {
    match pattern {
        Pattern::Var(name) => bound.push(name),
        Pattern::Arr(items) => items.iter().for_each(|p| names(p, bound)),
        Pattern::Obj(pairs) => pairs.iter().for_each(|(_, p)| names(p, bound)),
    }
}
