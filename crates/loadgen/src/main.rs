//! `loadgen [--address IP] [--core N]`: commands on stdin, replies and events on stdout (docs/reference/loadgen.md).

use std::error::Error;
use std::io::{self, BufReader};
use std::net::{IpAddr, Ipv4Addr};
use std::thread;

use loadgen::Driver;
use rustix::thread::{CpuSet, sched_setaffinity};

struct Options {
    address: IpAddr,
    core: Option<usize>,
}

fn options(mut words: impl Iterator<Item = String>) -> Result<Options, Box<dyn Error>> {
    let mut options = Options { address: Ipv4Addr::LOCALHOST.into(), core: None };
    while let Some(word) = words.next() {
        let value = words.next().ok_or_else(|| format!("{word} wants a value"))?;
        match word.as_str() {
            "--address" => options.address = value.parse()?,
            "--core" => options.core = Some(value.parse()?),
            _ => return Err(format!("unknown option {word}").into()),
        }
    }
    Ok(options)
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = options(std::env::args().skip(1))?;
    if let Some(core) = options.core {
        let mut set = CpuSet::new();
        set.set(core);
        sched_setaffinity(None, &set)?;
    }
    let (mut driver, inbox) = Driver::new(options.address, io::stdout().lock())?;
    // Ends with the process: nothing can interrupt a read of stdin.
    thread::spawn(move || inbox.feed(BufReader::new(io::stdin())));
    Ok(driver.run()?)
}
