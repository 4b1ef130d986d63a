//! Source and what it must say, corner by corner.

use super::{Bodies, parse};
use crate::syntax::dump::{self, check, dump, readable};

/// What a file says. A hidden qualifier is written `path~member`.
fn file(source: &str) -> String {
    let said = dump(&parse(source.as_bytes(), Bodies::Full));
    readable(&said)
}

/// What statements in a function say.
fn body(source: &str) -> String {
    dump::body(&file(&format!("fn f() {{\n{source}\n}}\n")))
}

#[test]
fn statements() {
    check(
        body,
        &[
            ("let a = 1; let b: Arc<Bus> = make();", "[a] := [1]; [b] := [(make).(Bus)]"),
            (
                "let (a, b) = pair; let Order { id, total: t } = order;",
                "[a] := [pair[0]]; [b] := [pair[1]]; [id] := [order.id]; [t] := [order.total]",
            ),
            ("a.b = c; n += 1; *x = 2; _ = send();", "[a.b] = [c]; [n] += [1]; [x] = [2]; [_] = [(send)]"),
            ("let _ = send().await;", "[_] = [(Await (send))]"),
            (
                "let later = Box::pin(async move { go().await }); later.await;",
                "[later] := [func _() {return [(Await (go))]}]; (Await (later))",
            ),
            ("send(&topic, payload.clone()).await?;", "(Try (Await (send topic payload)))"),
            ("if a { b(); } else if c { d(); }", "if a {(b)} else {if c {(d)}}"),
            (
                "if let Some(x) = find(id) { go(x); }",
                "[value$1] := [(find id)]; if (NotEqual value$1 nil) {[x] := [value$1]; (go x)}",
            ),
            (
                "if let Err(e) = save().await { error!(\"no: {e}\"); }",
                r#"[value$1 err] := [(Await (save))]; if (NotEqual err nil) {[e] := [err]; (error "no: {e}")}"#,
            ),
            (
                "let Some(x) = find(id) else { return; }; go(x);",
                "[value$1] := [(find id)]; if (Equal value$1 nil) {{return []}}; [x] := [value$1]; (go x)",
            ),
            (
                "match save().await { Ok(v) => go(v), Err(e) if e.is_unique_violation() => {}, Err(e) => fail(e) }",
                "[value$1 err] := [(Await (save))]; [e] := [err]; if (And (NotEqual err nil) (e.is_unique_violation)) {[e] := [err]; {}} else {if (NotEqual err nil) {[e] := [err]; (fail e)} else {[v] := [value$1]; (go v)}}",
            ),
            (
                "match find(id) { Some(x) if x.done => stop(), Some(x) => go(x), None => make() }",
                "[value$1] := [(find id)]; [x] := [value$1]; if (And (NotEqual value$1 nil) x.done) {[x] := [value$1]; (stop)} else {if (NotEqual value$1 nil) {[x] := [value$1]; (go x)} else {(make)}}",
            ),
            (
                "match kind { Kind::Paid(p) => pay(p), Kind::Sent { id } => send(id), Kind::A | Kind::B => {}, _ => other() }",
                "switch kind {case [Kind.Paid] {[p] := [kind]; (pay p)}; case [Kind.Sent] {[id] := [kind.id]; (send id)}; case [Kind.A Kind.B] {{}}; case [] {(other)}}",
            ),
            (
                "let t = match k { K::A => \"a\", _ => \"b\" };",
                r#"switch k {case [K.A] {[given$1] = ["a"]}; case [] {[given$1] = ["b"]}}; [t] := [given$1]"#,
            ),
            (
                "let t = if x { 1 } else { 2 };",
                "if x {[given$1] = [1]} else {[given$1] = [2]}; [t] := [given$1]",
            ),
            ("for m in consumer.iter() { go(m); }", "for [? m] range consumer {(go m)}"),
            (
                "for (k, v) in map { go(k, v); }",
                "for [? element$1] range map {[k] := [element$1[0]]; [v] := [element$1[1]]; (go k v)}",
            ),
            (
                "while let Some(m) = stream.next().await { go(m); }",
                "for _; _; _ {[value$1] := [(Await (stream.next))]; [m] := [value$1]; (go m)}",
            ),
            ("loop { tick(); break; }", "for _; _; _ {(tick); Break}"),
            (
                "tokio::spawn(async move { work().await; }); let h = tokio::spawn(run(x));",
                "go (func _() {(Await (work))}); go (run x); [h] := [?]",
            ),
            ("items.iter().map(|i| i.id).collect::<Vec<_>>();", "(items.map func _(i:_) {return [i.id]})"),
            (
                "let t = format!(\"orders.{}.{kind}\", id); let v = vec![a, b];",
                r#"[t] := [template["orders." id "." kind]]; [v] := [[]_{a b}]"#,
            ),
            (
                "let j = json!({ \"id\": order.id, \"n\": { \"x\": 1 } });",
                r#"[j] := [_{"id":order.id "n":_{"x":1}}]"#,
            ),
            (
                "tokio::select! { m = rx.recv() => go(m), _ = stop.changed() => { break; } }",
                "switch _ {case [] {[value$1] := [(rx.recv)]; [m] := [value$1]; (go m)}; case [] {[value$2] := [(stop.changed)]; {Break}}}",
            ),
            (
                "let url = std::env::var(\"URL\").unwrap_or_else(|_| \"x\".to_string());",
                r#"import std/env~var "std/env"
func f() {[url] := [(Coalesce (std/env~var.var "URL") ("x".to_string))]}"#,
            ),
            ("let s = Shop { a, b: 1, ..Default::default() };", r#"[s] := [Shop{"a":a "b":1}]"#),
            ("Arc::new(Mutex::new(Vec::new())); String::from(\"x\"); Some(y);", r#"(Vec.new); "x"; y"#),
            ("if matches!(e, Error::Gone) { stop(); }", "if (Equal e Error.Gone) {(stop)}"),
        ],
    );
}

#[test]
fn functions() {
    check(
        file,
        &[
            (
                "fn f() -> Result<Order, Error> { let o = get()?; Ok(o) }",
                "func f()->(_:Order _:error) {[o] := [(Try (get))]; return [o nil]}",
            ),
            (
                "async fn f(&self) -> Result<()> { if x { return Err(E::Gone.into()); } self.save().await }",
                "func f<self:_>()->(_:error) {if x {return [E.Gone]}; return [(Await (self.save))]}",
            ),
            (
                "fn f() -> anyhow::Result<()> { ensure!(a > 0, \"no\"); bail!(\"never\") }",
                r#"func f()->(_:error) {if (Not (Greater a 0)) {throw (ensure (Greater a 0) "no")}; throw (bail "never")}"#,
            ),
            (
                "fn f(h: impl Fn(Order) -> Result<(), E>, x: &dyn Bus, o: Option<&str>, m: HashMap<String, Vec<u8>>) {}",
                "func f(h:Fn x:Bus o:string m:map[string][]u8) {}",
            ),
            (
                "fn f<T: Bus + Send>(bus: &T) -> BoxFuture<'_, Result<(), E>> { Box::pin(async move { bus.go().await }) }",
                "func f[T:_](bus:Bus)->(_:error) {return [(Await (bus.go))]}",
            ),
        ],
    );
}

#[test]
fn declarations() {
    check(
        file,
        &[
            (
                "use crate::bus::{Bus, self}; use rdkafka::consumer::StreamConsumer as C; fn f(c: C) { bus::go(); Bus::new(c); }",
                r#"import rdkafka/consumer~StreamConsumer "rdkafka/consumer"
import crate/bus~go "crate/bus"
import crate/bus~Bus "crate/bus"
func f(c:rdkafka/consumer~StreamConsumer.StreamConsumer) {(crate/bus~go.go); (crate/bus~Bus.Bus.new c)}"#,
            ),
            (
                "mod topics; mod inner { pub const A: &str = \"a\"; } fn f() { topics::all(); inner::A; }",
                r#"import self/topics~all "self/topics"
const A string = "a"
func f() {(self/topics~all.all); A}"#,
            ),
            ("pub use topics::*; pub use crate::a::B as C;", ""),
            (
                "pub const T: &str = \"orders\"; static N: usize = 3;",
                r#"const T string = "orders"
const N usize = 3"#,
            ),
            (
                "#[derive(Validate)] pub struct Order { #[validate(length(min = 1))] pub id: String, items: Vec<Item> }",
                r##"type Order struct{id:string "#[validate(length(min = 1))]"; items:[]Item}"##,
            ),
            (
                "pub enum Topic { Paid, #[serde(rename = \"order.sent\")] Sent } impl Topic { fn as_str(&self) -> &'static str { match self { Topic::Paid => \"order.paid\", Self::Sent => \"order.sent\" } } }",
                r#"type Topic struct{}
const Topic.Paid _ = Topic{"as_str":"order.paid"}
const Topic.Sent _ = Topic{"as_str":"order.sent" "to_string":"order.sent"}
func Topic.as_str<self:_>()->(_:string) {switch self {case [Topic.Paid] {return ["order.paid"]}; case [Topic.Sent] {return ["order.sent"]}}}"#,
            ),
            (
                "trait Bus { async fn publish(&self, t: &str) -> Result<(), E>; fn two(&self) { } } struct K { p: P } impl Bus for K { async fn publish(&self, t: &str) -> Result<(), E> { self.p.send(t).await } } impl K { const N: u8 = 1; fn new(p: P) -> Self { Self { p } } }",
                r#"type Bus interface{func Bus.publish<self:_>(t:string)->(_:error); func Bus.two<self:_>() {}}
type K struct{p:P}
const K.N u8 = 1
func K.publish<self:_>(t:string)->(_:error) {return [(Await (self.p.send t))]}
func K.new(p:P)->(_:K) {return [K{"p":p}]}"#,
            ),
            (
                "#[job(channel_name = \"mail\")] async fn send(job: CurrentJob) {}",
                "func send(job:CurrentJob) {}",
            ),
            ("#[cfg(test)] mod tests { fn f() {} } #[test] fn t() {}", ""),
            ("type Shared = Arc<Mutex<State>>;", "type Shared = State"),
        ],
    );
}

#[test]
fn what_does_not_parse_is_a_problem() {
    check(
        file,
        &[
            ("fn = ;", "problem 1: expected identifier"),
            ("fn f( {", "problem 1: cannot parse string into token stream"),
        ],
    );
}
