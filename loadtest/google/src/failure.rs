//! Why a command or a check ends early.

/// Words for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure(pub String);

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for Failure {
    fn from(why: &str) -> Self {
        Self(why.to_owned())
    }
}

impl From<String> for Failure {
    fn from(why: String) -> Self {
        Self(why)
    }
}

macro_rules! from {
    ($($error:ty),*) => {
        $(impl From<$error> for Failure {
            fn from(why: $error) -> Self {
                Self(why.to_string())
            }
        })*
    };
}

from!(
    std::io::Error,
    hyper::Error,
    http::Error,
    serde_json::Error,
    paceline_envelope::SealError,
    paceline_envelope::DirectoryError,
    paceline_envelope::KeyError
);
