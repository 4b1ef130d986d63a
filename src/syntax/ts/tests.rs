//! Source and what it must say, corner by corner.

use super::{Bodies, parse};
use crate::syntax::dump::{self, check, dump, readable};

/// What a file says. A hidden qualifier is written `path~member`.
fn file(source: &str) -> String {
    let said = dump(&parse(source.as_bytes(), "a.ts", Bodies::Full));
    readable(&said)
}

/// What statements in a function say.
fn body(source: &str) -> String {
    dump::body(&file(&format!("function f() {{\n{source}\n}}\n")))
}

#[test]
fn statements() {
    check(
        body,
        &[
            ("const a = 1;", "[a] := [1]"),
            (
                "let { a, b: c = 2, ...rest } = order;",
                "[a] := [order.a]; [c] := [(Coalesce order.b 2)]; [rest] := [order]",
            ),
            ("const [first, , third] = list;", "[first] := [list[0]]; [third] := [list[2]]"),
            ("a.b = c; n += 1; n--;", "[a.b] = [c]; [n] += [1]; [n] -= [1]"),
            ("({ a, b: c } = order);", "[value$1] := [order]; [a] = [value$1.a]; [c] = [value$1.b]; order"),
            ("if (!a) return; else if (b) { c(); }", "if (Not a) {return []} else {if b {(c)}}"),
            ("ready && start();", "if ready {(start)}"),
            (
                "for (const [k, v] of Object.entries(o)) go(k, v);",
                "for [_ element$1] range (Object.entries o) {[k] := [element$1[0]]; [v] := [element$1[1]]; (go k v)}",
            ),
            ("for await (const m of sub) handle(m);", "for [_ m] range sub {(handle m)}"),
            (
                "for (let i = 0; i < 3; i++) { continue; }",
                "for {[i] := [0]}; (Less i 3); {[i] += [1]} {Continue}",
            ),
            ("while (true) { await poll(); break; }", "for _; true; _ {(Await (poll)); Break}"),
            (
                "switch (e.type) { case 'a': one(); break; case 'b': case 'c': two(); return; default: three(); }",
                r#"switch e.type {case ["a"] {(one)}; case ["b" "c"] {(two); return []}; case [] {(three)}}"#,
            ),
            (
                "try { a(); } catch (e) { log(e); throw new Error('x'); } finally { done(); }",
                r#"try {(a)} catch e {(log e); throw (Error "x")} finally {(done)}"#,
            ),
            ("try { a(); } catch { }", "try {(a)} catch _ {} finally {}"),
            ("void run().catch(log);", "go ((run).catch log)"),
            (
                "go(); function go() { return 1; }",
                "[go] := [func go() {return [1]}]; (go)}\nfunc go() {return [1]",
            ),
            (
                "const h = async ({ message }) => { await x(message); };",
                "[h] := [func _(given$1:_) {[message] := [given$1.message]; (Await (x message))}]",
            ),
            ("return a ?? b ? `x.${y}` : \"z\";", r#"return [((Coalesce a b) ? template["x." y] : "z")]"#),
            ("f(...args, x as Order, y as any, <Z>w, v!);", "(f args x.(Order) y w.(Z) v...)"),
            ("const q = sql`select ${id}`;", r#"[q] := [(sql template["select " id])]"#),
            (
                "return process.env.TOPIC || 'orders';",
                r#"import process~env "process"
func f() {return [(Or (process~env.env "TOPIC") "orders")]}"#,
            ),
            (
                "const { TOPIC = 'orders' } = process.env;",
                r#"import process~env "process"
func f() {[value$1] := [process.env]; [TOPIC] := [(Coalesce (process~env.env "TOPIC") "orders")]}"#,
            ),
            ("return { a, [b]: 1, ...c, d() {} };", r#"return [_{"a":a b:1 c "d":func _() {}}]"#),
            ("o?.a?.b(1); o['x'].y;", "(o.a.b 1); o.x.y"),
            (
                "fetch(url); const fetch2 = JSON.parse(x);",
                r#"import global~fetch "global"
import global~JSON "global"
func f() {(global~fetch.fetch url); [fetch2] := [(global~JSON.JSON.parse x)]}"#,
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
                "import a, { b as c, d } from './x'; import * as e from 'y'; a(c, d, e.f, e);",
                r#"import ./x~default "./x"
import ./x~b "./x"
import ./x~d "./x"
import e "y"
import y~e "y"
func (module)() {(./x~default.default ./x~b.b ./x~d.d e.f y~e.e)}"#,
            ),
            (
                "const k = require('kafkajs'); const { Kafka } = require('kafkajs'); new k.Kafka(); new Kafka();",
                r#"import k "kafkajs"
import kafkajs~k "kafkajs"
import kafkajs~Kafka "kafkajs"
func (module)() {(k.Kafka); (kafkajs~Kafka.Kafka)}"#,
            ),
            (
                "export const T = 'orders'; export default function run() {}",
                r#"const T _ = "orders"
func run() {}"#,
            ),
            ("export enum E { A = 'a', B = 'b', C = 3, D }", r#"const E _ = _{"A":"a" "B":"b" "C":3 "D":4}"#),
            (
                "export interface Bus extends Base { publish(topic: string): Promise<void>; x: number; f: (a: A) => B }",
                "type Bus interface{func publish(topic:string); func f(a:A)->(_:B); Base}",
            ),
            (
                "type Handler = (m: Message) => Promise<Result>; type P = { id: string };",
                "type Handler = func _(m:Message)->(_:Result)\ntype P struct{id:string}",
            ),
            (
                "@Injectable() class A extends B implements C { private x = new D(); static readonly T = 't'; constructor(private readonly repo: Repo, @Inject(TOK) private bus: Bus) { super(repo); } @On('p') async h(@Payload() m: M) { this.repo.save(m); super.h(m); } run = async () => { await this.h(1); } }",
                r#"type A struct{^B:B; repo:Repo; bus:Bus; x:D}
const A.T _ = "t"
func A.constructor<this:_>(repo:Repo bus:Bus) {[this.repo] = [repo]; [this.bus] = [bus]; [this.B] = [(B repo)]}
func A.h<this:_>(m:M) {(this.repo.save m); (this.B.h m)}
func A.run<this:_>() {(Await (this.h 1))}
func A.(fields)<this:_>() {[this.x] = [(D)]}"#,
            ),
            (
                "abstract class A { abstract go(): void; get t() { return 't'; } static make() { return new this(); } #p = 1; }",
                r#"type A struct{#p:_}
func A.t<this:_>() {return ["t"]}
func A.make() {return [(this)]}
func A.(fields)<this:_>() {[this.#p] = [1]}"#,
            ),
            (
                "export const svc = { async go(x) { return x; }, stop: () => {} };",
                r#"const svc _ = _{"go":func _(x:_) {return [x]} "stop":func _() {}}"#,
            ),
            (
                "module.exports = { a, b: c }; exports.d = d; function a() {} function c() {} function d() {}",
                r#"const default _ = _{"a":a "b":c}
func a() {}
func c() {}
func d() {}
func (module)() {}"#,
            ),
            ("namespace N { export const a = 'x'; }", r#"const a _ = "x""#),
            (
                "import K = require('k'); new K.A();",
                r#"import K "k"
import k~K "k"
func (module)() {(K.A)}"#,
            ),
            (
                "let x: string; x = 'late';",
                r#"var x string = "late"
func (module)() {[x] = ["late"]}"#,
            ),
        ],
    );
}

#[test]
fn scripts_may_hold_elements_or_types() {
    let elements = "export default function Page() { send(1); return <main>{late()}</main>; }";
    let types = "export function f(x: string) { send(<Order>x); }";
    for (path, source) in [
        ("page.js", elements),
        ("page.mjs", elements),
        ("page.jsx", elements),
        ("page.tsx", elements),
        ("typed.js", types),
        ("typed.ts", types),
    ] {
        let said = dump(&parse(source.as_bytes(), path, Bodies::Full));
        assert!(!said.contains("problem") && said.contains("send"), "{path}: {said}");
    }
}

#[test]
fn what_does_not_parse_is_a_problem() {
    check(
        file,
        &[
            ("const = ;", "problem 1: Unexpected token"),
            ("function f( {", "problem 1: Expected `}` but found `EOF`"),
        ],
    );
}
