//! Makes the Rust code of Sluice's own protocol. There is nothing to install for it: the compiler of
//! `.proto` files is a crate.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=proto");
    let files = protox::compile(["sluice/guardrail/v1/guardrail.proto"], ["proto"])?;
    tonic_prost_build::configure()
        // Only tests serve it.
        .server_mod_attribute("sluice.guardrail.v1", "#[cfg(test)]")
        .compile_fds(files)?;
    Ok(())
}
