mod global;
mod index;
boot::main! {
    Global {
        index::run,
    }
}
