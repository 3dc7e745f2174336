//! Commands, one JSON object per line (reference: docs/reference/loadgen.md).

use std::path::PathBuf;

use serde::Deserialize;

use crate::negotiation::{Receive, Send};

/// A command with what its reply repeats.
#[derive(Debug, Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "ref", default)]
    pub reference: Option<u64>,
    #[serde(flatten)]
    pub command: Command,
}

/// What may be asked of the generator.
#[derive(Debug, Deserialize)]
#[serde(tag = "op", rename_all = "lowercase")]
pub(crate) enum Command {
    Offer {
        peer: String,
        #[serde(default)]
        send: Vec<Send>,
        #[serde(default)]
        recv: Receive,
    },
    Answer {
        peer: String,
        sdp: String,
    },
    Accept {
        peer: String,
        sdp: String,
    },
    Candidates {
        peer: String,
        candidates: Vec<String>,
    },
    Talk {
        peer: String,
        on: bool,
    },
    Video {
        peer: String,
        on: bool,
    },
    Lose {
        peer: String,
        percent: f64,
    },
    Layers {
        peer: String,
        wanted: Vec<usize>,
    },
    Film {
        peer: String,
        files: Vec<PathBuf>,
    },
    Mark,
    Report,
    Close {
        peer: String,
    },
    Quit,
}
