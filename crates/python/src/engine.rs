//! The class `Engine`.

use std::net::IpAddr;
use std::os::fd::AsRawFd;

use io::{CommandError, EngineConfig, StartError, Totals};
use pyo3::create_exception;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};
use sfu::{Command, ConferenceId, EndpointId, SourceId, WorkerId};

use crate::events;
use crate::parameters::{kind_from, mid_from, parameters_from, view_from};

create_exception!(
    causerie._core,
    EngineError,
    PyException,
    "The engine could not be started (a sentence naming what to change), or is full or closed."
);

/// Worker threads with one UDP port each, from construction to `close`.
#[pyclass(frozen, module = "causerie._core")]
pub struct Engine {
    inner: io::Engine,
}

#[pymethods]
impl Engine {
    #[new]
    #[pyo3(signature = (*, workers, port, addresses, announced, segmentation = true))]
    fn new(
        py: Python<'_>,
        workers: i64,
        port: i64,
        addresses: Vec<String>,
        announced: Vec<String>,
        segmentation: bool,
    ) -> PyResult<Self> {
        let config = EngineConfig {
            workers: u16::try_from(workers)
                .map_err(|_| outside("the number of media workers", "1 and 128"))?,
            port: u16::try_from(port).map_err(|_| outside("the media port", "0 and 65535"))?,
            addresses: parse_addresses(&addresses)?,
            announced: parse_addresses(&announced)?,
            segmentation,
        };
        let inner = py.detach(|| io::Engine::start(config)).map_err(start_error)?;
        Ok(Self { inner })
    }

    #[getter]
    fn fingerprint<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.inner.fingerprint())
    }

    #[getter]
    fn workers(&self) -> usize {
        self.inner.workers()
    }

    fn ports(&self) -> Vec<u16> {
        self.inner.ports()
    }

    /// (address, port, priority, foundation), best first, read anew from the interfaces.
    fn candidates(&self, py: Python<'_>, worker: usize) -> Vec<(String, u16, u32, String)> {
        let candidates = py.detach(|| self.inner.candidates(worker));
        candidates
            .into_iter()
            .map(|candidate| {
                let address = candidate.address;
                (address.ip().to_string(), address.port(), candidate.priority, candidate.foundation)
            })
            .collect()
    }

    /// An eventfd, readable while events wait; `poll` clears it.
    fn fileno(&self) -> i32 {
        self.inner.readiness().as_raw_fd()
    }

    fn add_endpoint(&self, worker: usize, parameters: &Bound<'_, PyAny>) -> PyResult<()> {
        self.queue(worker, Command::AddEndpoint(Box::new(parameters_from(parameters)?)))
    }

    fn update_endpoint(&self, worker: usize, parameters: &Bound<'_, PyAny>) -> PyResult<()> {
        self.queue(worker, Command::UpdateEndpoint(Box::new(parameters_from(parameters)?)))
    }

    fn remove_endpoint(&self, worker: usize, endpoint: u64) -> PyResult<()> {
        self.queue(worker, Command::RemoveEndpoint { endpoint: EndpointId(endpoint) })
    }

    fn publish(&self, worker: usize, endpoint: u64, source: u64, mid: &str) -> PyResult<()> {
        let (endpoint, source, mid) = (EndpointId(endpoint), SourceId(source), mid_from(mid)?);
        self.queue(worker, Command::Publish { endpoint, source, mid })
    }

    fn unpublish(&self, worker: usize, source: u64) -> PyResult<()> {
        self.queue(worker, Command::Unpublish { source: SourceId(source) })
    }

    fn set_source_enabled(&self, worker: usize, source: u64, enabled: bool) -> PyResult<()> {
        self.queue(worker, Command::SetSourceEnabled { source: SourceId(source), enabled })
    }

    #[pyo3(signature = (worker, endpoint, mid, source, view))]
    fn map_slot(
        &self,
        worker: usize,
        endpoint: u64,
        mid: &str,
        source: Option<u64>,
        view: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let (endpoint, mid, view) = (EndpointId(endpoint), mid_from(mid)?, view_from(view)?);
        self.queue(worker, Command::MapSlot { endpoint, mid, source: source.map(SourceId), view })
    }

    /// Lets a source that is published on worker `home` be shown on `worker`.
    fn mirror(
        &self,
        worker: usize,
        source: u64,
        conference: u64,
        kind: &str,
        layers: u8,
        home: u16,
    ) -> PyResult<()> {
        let (source, conference) = (SourceId(source), ConferenceId(conference));
        let (kind, home) = (kind_from(kind)?, WorkerId(home));
        self.queue(worker, Command::Mirror { source, conference, kind, layers, home })
    }

    fn request_statistics(&self, worker: usize, endpoint: u64, request: u64) -> PyResult<()> {
        self.queue(worker, Command::RequestStatistics { endpoint: EndpointId(endpoint), request })
    }

    /// Takes up to `limit` events of all workers, oldest first per worker.
    #[pyo3(signature = (limit = 256))]
    fn poll<'py>(&self, py: Python<'py>, limit: usize) -> PyResult<Bound<'py, PyList>> {
        let list = PyList::empty(py);
        for event in self.inner.poll(limit) {
            list.append(events::to_python(py, event)?)?;
        }
        Ok(list)
    }

    /// Sums over all workers.
    fn counters<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        counters_to_python(py, &self.inner.totals())
    }

    fn close(&self, py: Python<'_>) {
        py.detach(|| self.inner.close());
    }
}

impl Engine {
    fn queue(&self, worker: usize, command: Command) -> PyResult<()> {
        self.inner.command(worker, command).map_err(command_error)
    }
}

fn counters_to_python<'py>(py: Python<'py>, totals: &Totals) -> PyResult<Bound<'py, PyDict>> {
    let counters = PyDict::new(py);
    let named = [
        ("endpoints", totals.endpoints),
        ("packets_received", totals.packets_received),
        ("bytes_received", totals.bytes_received),
        ("packets_sent", totals.packets_sent),
        ("bytes_sent", totals.bytes_sent),
        ("packets_mirrored", totals.packets_mirrored),
        ("send_calls", totals.send_calls),
        ("faults", totals.faults),
        ("workers_lost", totals.workers_lost),
        ("segmentation_lost", totals.segmentation_lost),
        ("events_lost", totals.events_lost),
    ];
    for (name, count) in named {
        counters.set_item(name, count)?;
    }
    for (reason, count) in &totals.dropped {
        counters.set_item(format!("dropped_{reason}"), count)?;
    }
    Ok(counters)
}

fn parse_addresses(texts: &[String]) -> PyResult<Vec<IpAddr>> {
    texts.iter().map(|text| text.parse().map_err(|_| not_an_address(text))).collect()
}

fn not_an_address(text: &str) -> PyErr {
    EngineError::new_err(format!("{text:?} is not an IP address: write it like 192.0.2.7 or 2001:db8::7"))
}

fn outside(what: &str, bounds: &str) -> PyErr {
    EngineError::new_err(format!("{what} must be between {bounds}"))
}

fn start_error(error: StartError) -> PyErr {
    EngineError::new_err(error.to_string())
}

fn command_error(error: CommandError) -> PyErr {
    EngineError::new_err(error.to_string())
}
