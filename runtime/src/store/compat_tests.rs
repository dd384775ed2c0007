//! Old data stays readable. `tests/format/format-1.txt` has one record of each kind as format 1 wrote it; what
//! stands there must open for ever, and as long as the version is 1 it must be written the same.
//!
//! With `LONGHAUL_BLESS=1` the file is written anew: only right when a format is new.

use std::collections::BTreeMap;
use std::fmt::{Debug, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use serde::{Serialize, de::DeserializeOwned};

use super::{
    AnswerRecord, Armed, ArmedRecord, Batch, CommandRecord, Encoded, EventRecord, HeartbeatRecord,
    LaterRecord, LogEntry, LogRow, MarkRecord, Operation, Outcome, ParkReason, Phase, RunNo, RunRecord, Seq,
    StoredCall, StoredRun, Table, Tail, TaskId, TaskRecord, UpdateRecord, envelope::seal, open, write_call,
    write_run,
};
use crate::activity::{ActivityOutcome, CallOptions, Cancellation, RetryPolicy, TimedOut, Timeout};
use crate::codec::{Payload, encode};
use crate::machine::{Fault, OpId, RunRng};
use crate::time::Moment;

fn run(phase: Phase) -> RunRecord {
    RunRecord {
        cancelled: false,
        ahead: None,
        id: "order-42".into(),
        workflow: "Checkout".into(),
        phase,
        seq: Seq(3),
        created: Moment(1_000_000),
        updated: Moment(2_000_000),
        state: "AwaitCharge".to_owned(),
        value: payload(&BTreeMap::from([("stage", "Paying")])),
        frame: payload(&BTreeMap::from([("at", "AwaitCharge")])).into(),
        input: Some(payload(&7)),
        next_op: 5,
        rng: RunRng::new(99),
        armed: ArmedRecord::from_iter([
            Armed { op: OpId(3), operation: Operation::Activity("charge".into()) },
            Armed { op: OpId(4), operation: Operation::Timer(Moment(9)) },
        ]),
        inbox: vec![EventRecord::Signal { name: "approve".to_owned(), args: payload(&("ann",)) }],
    }
}

fn payload(value: &impl Serialize) -> Payload {
    encode(value).expect("a sample")
}

fn entry(outcome: Outcome) -> LogEntry {
    let activity = |op, outcome| EventRecord::Activity { op: OpId(op), outcome };
    LogEntry {
        at: Moment(1_500_000),
        events: vec![
            EventRecord::Started {
                id: "order-42".into(),
                workflow: "Checkout".into(),
                input: payload(&7),
                seed: 99,
            },
            EventRecord::Signal { name: "approve".to_owned(), args: payload(&("ann",)) },
            EventRecord::Timer { op: OpId(2) },
            activity(1, ActivityOutcome::Completed(payload(&"ok"))),
            activity(3, ActivityOutcome::Failed(payload(&"no"))),
            activity(
                4,
                ActivityOutcome::TimedOut(TimedOut::new(
                    Timeout::StartToClose,
                    Duration::from_millis(10_500),
                )),
            ),
            activity(5, ActivityOutcome::Panicked("oh".to_owned())),
            activity(6, ActivityOutcome::Cancelled),
        ],
        outcome,
        commands: vec![
            CommandRecord::Activity {
                op: OpId(7),
                activity: "ship".into(),
                input: payload(&("x", 1)),
                options: None,
            },
            CommandRecord::Timer { op: OpId(8), deadline: Moment(3_000_000) },
        ],
    }
}

/// What came with the options of single calls.
fn entry_with_options() -> LogEntry {
    let seconds = Duration::from_secs;
    let options = CallOptions {
        start_to_close: Some(seconds(1)),
        schedule_to_close: Some(seconds(2)),
        schedule_to_start: Some(seconds(3)),
        heartbeat: Some(seconds(4)),
        retry: Some(RetryPolicy::never()),
        cancellation: Some(Cancellation::WaitCompleted),
    };
    let activity = "ship".into();
    let (op, input) = (OpId(7), payload(&("x", 1)));
    let timed_out = TimedOut::new(Timeout::Heartbeat, seconds(4)).with_details(Some(payload(&"half")));
    LogEntry {
        events: vec![EventRecord::Activity { op: OpId(4), outcome: ActivityOutcome::TimedOut(timed_out) }],
        commands: vec![
            CommandRecord::Activity { op, activity, input, options: Some(Box::new(options)) },
            CommandRecord::Cancel { op: OpId(6) },
        ],
        ..entry(Outcome::Stepped)
    }
}

/// Checks one record against the fixture, or writes it there.
struct Fixture {
    path: PathBuf,
    old: BTreeMap<String, String>,
    new: String,
}

impl Fixture {
    fn read() -> Self {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/format/format-1.txt");
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let old = lines.filter_map(|line| line.split_once(' '));
        let old = old.map(|(name, hex)| (name.to_owned(), hex.to_owned())).collect();
        Fixture {
            path,
            old,
            new: String::from(
                "# One record of each kind, as format 1 wrote it: name, value in hexadecimal.\n",
            ),
        }
    }

    fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(
        &mut self,
        name: &str,
        table: Table,
        key: &[u8],
        record: &T,
    ) {
        self.check_bytes(name, &seal(table, key, record), |bytes| {
            let opened: T = open(table, key, bytes).unwrap_or_else(|damage| panic!("{name}: {damage}"));
            assert_eq!(opened, *record, "{name} reads as something else than was written");
        });
    }

    fn check_run(&mut self, name: &str, record: &RunRecord) {
        let key = RunNo(7).key();
        self.check_bytes(name, &seal(Table::Runs, &key, record), |bytes| {
            let stored = StoredRun::open(&key, bytes).unwrap_or_else(|damage| panic!("{name}: {damage}"));
            assert_eq!((stored.entries(), &stored.record), (Ok(vec![]), record), "{name}");
            assert!(record.is_stored_as(RunNo(7), bytes), "{name}");
        });
    }

    fn check_entry(&mut self, name: &str, entry: &LogEntry) {
        let key = RunNo(7).log_key(Seq(2));
        self.check_bytes(name, &seal(Table::Log, &key, entry), |bytes| {
            let row = LogRow::open(&key, bytes).unwrap_or_else(|damage| panic!("{name}: {damage}"));
            assert_eq!(row, LogRow { run: RunNo(7), entries: vec![(Seq(2), entry.clone())] }, "{name}");
        });
    }

    /// The records that are lists: version 2.
    fn check_lists(&mut self) {
        let entries = [entry(Outcome::Stepped), entry_with_options()];
        let (mut tail, mut memory, mut batch) = (Tail::default(), Vec::new(), Batch::default());
        for (seq, entry) in [Seq(1), Seq(2)].into_iter().zip(&entries) {
            tail.push(&Encoded::new(seq, entry, &mut memory));
        }
        write_run(RunNo(7), &run(Phase::Open), &tail, &mut batch);
        write_run(RunNo(7), &run(Phase::Open), &Tail::default(), &mut batch);
        tail.write(RunNo(7), &mut batch);
        let [with_log, without, row] = [0, 1, 2].map(|at| batch.get(at).expect("three were written"));
        let numbered = vec![(Seq(1), entries[0].clone()), (Seq(2), entries[1].clone())];
        for (name, write, entries) in
            [("run-with-log", with_log, numbered.clone()), ("run-without-log", without, vec![])]
        {
            self.check_bytes(name, write.value.unwrap_or_default(), |bytes| {
                let stored =
                    StoredRun::open(write.key, bytes).unwrap_or_else(|damage| panic!("{name}: {damage}"));
                assert_eq!((stored.entries(), &stored.record), (Ok(entries), &run(Phase::Open)), "{name}");
                assert!(stored.record.is_stored_as(RunNo(7), bytes), "{name}");
            });
        }
        self.check_bytes("log-of-two", row.value.unwrap_or_default(), |bytes| {
            let read = LogRow::open(row.key, bytes).unwrap_or_else(|damage| panic!("log-of-two: {damage}"));
            assert_eq!(read, LogRow { run: RunNo(7), entries: numbered });
        });
    }

    /// A list, too: which call it is, and the call.
    fn check_call_in_place_of_another(&mut self, record: &TaskRecord) {
        let (place, op) = (TaskId { run: RunNo(7), op: OpId(3) }, OpId(9));
        let mut batch = Batch::default();
        write_call(place, op, record, &mut batch);
        let written = batch.get(0).and_then(|write| write.value).unwrap_or_default();
        self.check_bytes("task-in-place-of-another", written, |bytes| {
            let call = StoredCall::open(&place.key(), bytes).unwrap_or_else(|damage| panic!("{damage}"));
            let task = TaskId { op, ..place };
            assert_eq!(call, StoredCall { place, task, record: record.clone() });
        });
    }

    fn check_bytes(&mut self, name: &str, written: &[u8], open: impl FnOnce(&[u8])) {
        let hex = written.iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        let _ = writeln!(self.new, "{name} {hex}");
        if std::env::var_os("LONGHAUL_BLESS").is_some() {
            return;
        }
        let old = self.old.get(name).unwrap_or_else(|| panic!("{name} is not in {}", self.path.display()));
        let bytes: Vec<u8> = (0..old.len() / 2)
            .map(|at| u8::from_str_radix(&old[2 * at..2 * at + 2], 16).expect("hexadecimal"))
            .collect();
        open(&bytes);
        assert_eq!(*old, hex, "{name} is written differently, with the same version");
    }
}

#[test]
fn what_format_1_wrote_is_read_and_written_the_same() {
    let mut fixture = Fixture::read();
    let phases = [
        ("open", Phase::Open),
        ("completed", Phase::Completed(payload(&"receipt"))),
        ("failed", Phase::Failed(payload(&"refusal"))),
        ("parked-panic", Phase::Parked(ParkReason::Panic { message: "oh".to_owned() })),
        (
            "parked-fault",
            Phase::Parked(ParkReason::Fault(Fault::UnknownState {
                machine: "Checkout::run".to_owned(),
                state: "AwaitGone".to_owned(),
            })),
        ),
        (
            "parked-slot",
            Phase::Parked(ParkReason::Fault(Fault::BadSlot {
                machine: "Checkout::run".to_owned(),
                slot: "order".to_owned(),
                reason: "it is missing".to_owned(),
            })),
        ),
        ("parked-workflow", Phase::Parked(ParkReason::UnknownWorkflow { workflow: "Gone".to_owned() })),
        ("parked-activity", Phase::Parked(ParkReason::UnknownActivity { activity: "gone".to_owned() })),
        (
            "parked-update",
            Phase::Parked(ParkReason::BadUpdate { name: "address".to_owned(), reason: "no".to_owned() }),
        ),
        ("cancelled", Phase::Cancelled(None)),
        ("cancelled-error", Phase::Cancelled(Some(payload(&"refusal")))),
        ("terminated", Phase::Terminated("a duplicate".to_owned())),
    ];
    for (name, phase) in phases {
        fixture.check_run(&format!("run-{name}"), &run(phase));
    }
    fixture.check_entry("log-stepped", &entry(Outcome::Stepped));
    let parked =
        Outcome::Parked(ParkReason::BadSignal { name: "approve".to_owned(), reason: "no".to_owned() });
    fixture.check_entry("log-parked", &entry(parked));
    let asked = LogEntry {
        events: vec![
            EventRecord::Update {
                id: "request-7".to_owned(),
                name: "address".to_owned(),
                args: payload(&("here",)),
            },
            EventRecord::Cancelled,
        ],
        ..entry(Outcome::Terminated("a duplicate".to_owned()))
    };
    fixture.check_entry("log-terminated", &asked);
    let asked = RunRecord { cancelled: true, inbox: asked.events, ..run(Phase::Open) };
    fixture.check_run("run-asked-to-cancel", &asked);
    let ahead =
        RunRecord { ahead: Some(Box::new(Phase::Terminated("a duplicate".to_owned()))), ..run(Phase::Open) };
    fixture.check_run("run-ahead", &ahead);
    let update_key = RunNo(7).update_key("request-7");
    let update = UpdateRecord { name: "address".to_owned(), args: payload(&("here",)) };
    fixture.check("update", Table::Updates, &update_key, &update);
    fixture.check("answer", Table::Answers, &update_key, &AnswerRecord { answer: payload(&"moved") });
    let task = TaskRecord {
        run_id: "order-42".into(),
        activity: "charge".into(),
        seq: Seq(2),
        attempt: 3,
        due: Moment(4_000_000),
        last_error: Some("busy".to_owned()),
        heartbeat: None,
        later: None,
        cancelled: false,
        abandoned: false,
    };
    let task_key = TaskId { run: RunNo(7), op: OpId(3) }.key();
    fixture.check("task", Table::Tasks, &task_key, &task);
    let task = TaskRecord {
        heartbeat: Some(Box::new(HeartbeatRecord { at: Moment(4_500_000), details: payload(&"half") })),
        later: Some(Box::new(LaterRecord { token: "00ff".to_owned(), started: Moment(4_100_000) })),
        cancelled: true,
        abandoned: true,
        ..task
    };
    fixture.check("task-later", Table::Tasks, &task_key, &task);
    fixture.check_call_in_place_of_another(&task);
    fixture.check_entry("log-options", &entry_with_options());
    fixture.check("id", Table::Ids, b"order-42", &RunNo(7));
    let mark =
        MarkRecord { moment: Moment(5), open_runs: 2, timers_from: Moment(3), tasks_from: 1, parked_runs: 0 };
    fixture.check("mark", Table::Meta, b"mark", &mark);
    fixture.check_lists();
    if std::env::var_os("LONGHAUL_BLESS").is_some() {
        std::fs::write(&fixture.path, &fixture.new).expect("the fixture is written");
    }
}
