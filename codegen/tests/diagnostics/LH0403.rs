#[activity]
async fn print<T: Display>(value: T) {
    println!("{value}");
}

// Instead:

#[activity]
async fn print(value: String) {
    println!("{value}");
}
