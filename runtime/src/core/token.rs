//! Tokens: by these, attempts at activities are completed from outside.

use std::fmt;
use std::str::FromStr;

use crate::machine::OpId;
use crate::store::{RunNo, TaskId};

/// Which attempt, and the secret that only those know whom it was handed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) task: TaskId,
    pub(crate) attempt: u32,
    pub(crate) secret: String,
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Token { task, attempt, secret } = self;
        write!(f, "{}-{}-{attempt}-{secret}", task.run.0, task.op.0)
    }
}

impl FromStr for Token {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let parts: Vec<&str> = text.split('-').collect();
        let [run, op, attempt, secret] = parts[..] else { return Err(()) };
        let is_secret = secret.len() == 32 && secret.bytes().all(|byte| byte.is_ascii_hexdigit());
        let (Ok(run), Ok(op), Ok(attempt), true) = (run.parse(), op.parse(), attempt.parse(), is_secret)
        else {
            return Err(());
        };
        let task = TaskId { run: RunNo(run), op: OpId(op) };
        Ok(Token { task, attempt, secret: secret.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back_and_nothing_else_does() {
        let task = TaskId { run: RunNo(12), op: OpId(3) };
        let token = Token { task, attempt: 2, secret: "0123456789abcdef0123456789abcdef".to_owned() };
        assert_eq!(token.to_string().parse(), Ok(token));
        for bad in ["", "1-2-3", "1-2-3-4", "1-2-x-0123456789abcdef0123456789abcdef", "ä-ä-ä-ä"] {
            assert_eq!(bad.parse::<Token>(), Err(()), "{bad}");
        }
    }
}
