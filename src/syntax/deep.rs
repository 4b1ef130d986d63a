//! Parsers that call themselves for what is nested: how deep a source nests, and a stack that is
//! large enough for it.

/// Brackets nested deeper than this need a stack of their own.
const NESTED: usize = 120;
/// Alternatives (`else`, `?`, `=>`) and prefix operators nest without brackets; so many of them in
/// a file may need a stack of their own, too.
const CHAINED: usize = 1_500;
/// Beyond this a file is not read.
const TOO_DEEP: usize = 2_000;
/// Size of that stack in bytes. It is reserved, not used.
const STACK: usize = 256 << 20;

/// Runs `read` where it has stack enough for `source`, or says why it cannot be run.
pub(super) fn with_stack<T: Send>(source: &[u8], read: impl FnOnce() -> T + Send) -> Result<T, &'static str> {
    let (nested, chained) = depth(source);
    if nested > TOO_DEEP || chained > TOO_DEEP * 50 {
        return Err("nested too deeply to be read");
    }
    if nested <= NESTED && chained <= CHAINED {
        return Ok(read());
    }
    std::thread::scope(|scope| {
        let reader = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, read);
        reader.ok().and_then(|reader| reader.join().ok())
    })
    .ok_or("could not be read")
}

/// How deep brackets nest, and how many words and operators there are that nest without brackets.
/// Strings and comments are counted in: it is a bound, not a reading.
fn depth(source: &[u8]) -> (usize, usize) {
    let (mut open, mut deepest, mut chained) = (0_usize, 0_usize, 0_usize);
    let mut run = 0_usize;
    let mut before = b' ';
    for (i, &byte) in source.iter().enumerate() {
        match byte {
            b'(' | b'[' | b'{' | b'<' => {
                // `<` opens a type argument only sometimes; nothing is lost by counting it.
                open += usize::from(byte != b'<');
                deepest = deepest.max(open);
            }
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            b'?' => chained += 1,
            b'>' if before == b'=' => chained += 1,
            b'e' if source[i..].starts_with(b"else") => chained += 1,
            _ => {}
        }
        run = if matches!(byte, b'!' | b'~' | b'-' | b'+' | b'<' | b'&' | b'*' | b' ') {
            run + usize::from(byte != b' ')
        } else {
            0
        };
        deepest = deepest.max(run.saturating_mul(2).saturating_sub(NESTED));
        before = byte;
    }
    (deepest, chained)
}

/// The offsets at which lines begin.
pub(super) fn lines(text: &str) -> Vec<u32> {
    let breaks = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at as u32 + 1);
    std::iter::once(0).chain(breaks).collect()
}
