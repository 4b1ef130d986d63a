//! What a library decodes before it calls the handler, because the connection that the handler is
//! registered on was made with an encoder (`nats.NewEncodedConn(conn, protobuf.PROTOBUF_ENCODER)`).

use super::received::Received;
use super::verdict::Subject;
use crate::flow::calls::Callee;
use crate::flow::program::Site;
use crate::flow::types::Type;
use crate::rules::{Matcher, Role};

/// How the message is decoded, and the call that made what decodes it. Nothing where the handler takes
/// the library's own message, or bytes.
pub fn encoder(subject: &Subject<'_, '_>) -> Option<(Received, Site)> {
    let (flow, consumer) = (subject.flow, subject.consumer);
    let detector = flow.index.detector(consumer.rule?);
    let Callee::Library { on, .. } = &flow.graph.at(consumer.site?)?.callee else { return None };
    // A call whose result is such as the consumer is registered on.
    let makes = |matcher: &Matcher| match matcher {
        Matcher::Call(names) => names.iter().any(|name| {
            let made = |(call, gives): &(_, String)| call == name && **gives == **on;
            detector.returns.iter().any(made)
        }),
        _ => false,
    };
    let made = flow.matches.iter().find(|m| {
        let rule = flow.index.rule(m.rule);
        rule.role == Role::Decode
            && flow.index.detector(m.rule).id == detector.id
            && makes(&rule.matcher)
            && flow.attribution.services(m.site.file, m.func).contains(&consumer.service)
    })?;
    let func = consumer.handlers.first()?.func;
    let program = flow.types.program;
    let own = program.facts(func.file).params(&program.func(func).params).last()?;
    let decoded = match flow.types.named_by(Site { file: func.file, expr: own.ty }) {
        Type::Named(..) => true,
        Type::External(path, _) => !flow.index.describes(program.external(path)),
        _ => false,
    };
    let idl = flow.index.rule(made.rule).registration_kind.as_deref() == Some("idl");
    decoded.then_some((if idl { Received::Idl } else { Received::Typed }, made.site))
}
