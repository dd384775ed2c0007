//! The programs that are the same each time, and those that have failed before.

include!(concat!(env!("OUT_DIR"), "/batch.rs"));

#[test]
fn machines_do_what_plain_async_rust_does() {
    let bodies = bodies();
    let (runs, differ) = longhaul_generated::differences(&bodies);
    for (name, how) in &differ {
        let source = bodies.iter().find(|body| body.name == *name).map_or("", |body| body.source);
        println!("{source}\n{how}\n");
    }
    println!("{} programs, {runs} runs the same", bodies.len());
    assert!(differ.is_empty(), "{} of {} programs differ", differ.len(), bodies.len());
}
