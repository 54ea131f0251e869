//! What must not drift: sizes, and which types go between threads.

use std::error::Error;
use std::mem::size_of;

use tollkeeper::catalog::{BindError, Catalog};
use tollkeeper::decision::{Because, Decision, Denied, Reason};
use tollkeeper::diagnostic::{Diagnostic, Diagnostics};
use tollkeeper::domain::{Change, Domain};
use tollkeeper::engine::{Engine, Explanation, ExplanationRecord, Record};
use tollkeeper::id::{
    AddOnId, DataId, FactId, FallbackId, FeatureId, IdSet, KindId, LimitId, ListId, MeterId, ModelId,
    ObligationId, PermissionId, PlanId, ProviderId, QuantityId, RegimeId, RoleId, ServiceId, SettingId,
    StandingId,
};
use tollkeeper::request::{Action, Context, NamedRequest, Request, Subject};
use tollkeeper::units::{MicroCredits, Timestamp, TimestampError};

#[test]
fn what_is_passed_around_is_small() {
    assert!(size_of::<Decision>() <= 64, "{}", size_of::<Decision>());
    assert!(size_of::<Denied>() <= 64);
    assert_eq!((size_of::<Reason>(), size_of::<Because>()), (1, 12));
    assert!(size_of::<Request<'_>>() <= 192, "{}", size_of::<Request<'_>>());
    assert_eq!((size_of::<Timestamp>(), size_of::<MicroCredits>()), (8, 8));
    assert_eq!(size_of::<IdSet<ObligationId>>(), 16);
}

macro_rules! are_ids {
    ($($id:ident)*) => {
        #[test]
        fn an_id_is_eight_bytes_and_copy() {
            const fn copy<T: Copy + Ord + std::hash::Hash + Send + Sync>() {}
            $(
                copy::<$id>();
                assert_eq!(size_of::<$id>(), 8, stringify!($id));
            )*
        }
    };
}
are_ids! {
    AddOnId DataId FactId FallbackId FeatureId KindId LimitId ListId MeterId ModelId ObligationId PermissionId
    PlanId ProviderId QuantityId RegimeId RoleId ServiceId SettingId StandingId
}

#[test]
fn everything_goes_between_threads() {
    const fn shared<T: Send + Sync + std::fmt::Debug>() {}
    shared::<Engine>();
    shared::<Catalog>();
    shared::<Domain>();
    shared::<Explanation<'_>>();
    shared::<ExplanationRecord>();
    shared::<Record>();
    shared::<Request<'_>>();
    shared::<Subject<'_>>();
    shared::<Action<'_>>();
    shared::<Context<'_>>();
    shared::<Change<'_>>();
    shared::<NamedRequest>();
    shared::<Decision>();
    shared::<Diagnostic>();
}

#[test]
fn what_is_made_for_every_request_is_copy() {
    const fn copy<T: Copy>() {}
    copy::<Decision>();
    copy::<Reason>();
    copy::<Request<'_>>();
    copy::<Subject<'_>>();
    copy::<Action<'_>>();
    copy::<Change<'_>>();
}

#[test]
fn errors_are_errors_that_last() {
    const fn error<T: Error + Send + Sync + 'static>() {}
    error::<Diagnostics>();
    error::<BindError>();
    error::<Denied>();
    error::<TimestampError>();
}
