//! The function `measure_sending`.

use std::time::Duration;

use pyo3::prelude::*;

use crate::engine::EngineError;

/// Returns packets sent and the processor seconds that they took.
#[pyfunction]
#[pyo3(signature = (*, run, packet_bytes, seconds))]
pub fn measure_sending(
    py: Python<'_>,
    run: usize,
    packet_bytes: usize,
    seconds: f64,
) -> PyResult<(u64, f64)> {
    let time =
        Duration::try_from_secs_f64(seconds).map_err(|error| EngineError::new_err(error.to_string()))?;
    let sent = py
        .detach(|| io::measure_sending(run, packet_bytes, time))
        .map_err(|error| EngineError::new_err(error.to_string()))?;
    Ok((sent.packets, sent.processor.as_secs_f64()))
}
