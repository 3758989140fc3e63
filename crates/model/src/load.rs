//! From texts to [`Models`].

use crate::error::LoadError;
use crate::model::Models;

pub(crate) fn load<I, P, T>(_files: I) -> Result<Models, Vec<LoadError>>
where
    I: IntoIterator<Item = (P, T)>,
    P: AsRef<str>,
    T: AsRef<str>,
{
    todo!()
}
