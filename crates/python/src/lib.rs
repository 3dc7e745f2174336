//! `causerie._core`: the media engine as Python sees it, in batches of commands and events.
//!
//! Converts types, releases the interpreter while it waits, and turns errors into exceptions; decides
//! nothing. Its typed face is `src/causerie/_core.pyi`.

mod engine;
mod events;
mod gauge;
mod parameters;

use pyo3::prelude::*;

#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("VERSION", env!("CARGO_PKG_VERSION"))?;
    module.add("EngineError", module.py().get_type::<engine::EngineError>())?;
    module.add_function(wrap_pyfunction!(gauge::measure_sending, module)?)?;
    module.add_class::<engine::Engine>()
}
