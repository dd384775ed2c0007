#[activity]
async fn greet(name: &str) {
    println!("hello {name}");
}

// Instead:

#[activity]
async fn greet(name: String) {
    println!("hello {name}");
}
