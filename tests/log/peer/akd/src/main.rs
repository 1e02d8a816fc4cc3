// SPDX-License-Identifier: BSD-2-Clause
//! Measures akd, a key directory with private labels, as its readers and its
//! operator would see it: entries are published in memory, then some of them are
//! looked up and the proofs verified.  Prints one line of JSON.

use std::time::Instant;

use akd::ecvrf::HardCodedAkdVRF;
use akd::proto::specs::types::LookupProof as ProofMessage;
use akd::storage::memory::AsyncInMemoryDatabase;
use akd::storage::StorageManager;
use akd::{AkdLabel, AkdValue, AzksParallelismConfig, Directory, EpochHash};
use protobuf::Message;

type Config = akd::WhatsAppV1Configuration;
type Bench = Directory<Config, AsyncInMemoryDatabase, HardCodedAkdVRF>;

const VALUE_LEN: usize = 64;
const SAMPLES: usize = 201;

fn main() {
    let (entries, batch) = match options(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(why) => {
            eprintln!("akd-bench: {why}\nusage: akd-bench [--entries N] [--batch B]");
            std::process::exit(2);
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_time()
        .build()
        .expect("no runtime");
    println!("{}", runtime.block_on(measure(entries, batch)));
}

fn options(mut args: impl Iterator<Item = String>) -> Result<(usize, usize), String> {
    let (mut entries, mut batch) = (10_000, 1_000);

    while let Some(name) = args.next() {
        let value = args.next().and_then(|v| v.parse().ok()).filter(|n| *n > 0);
        let number = value.ok_or(format!("{name} needs a number above 0"))?;
        match name.as_str() {
            "--entries" => entries = number,
            "--batch" => batch = number,
            _ => return Err(format!("{name} is not an option")),
        }
    }
    Ok((entries, batch))
}

fn label(i: usize) -> AkdLabel {
    AkdLabel::from(format!("user-{i:09}").as_str())
}

fn value(i: usize) -> AkdValue {
    let mut bytes = vec![0; VALUE_LEN];
    bytes[..8].copy_from_slice(&(i as u64).to_be_bytes());
    AkdValue(bytes)
}

fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of[of.len() / 2]
}

async fn publish(directory: &Bench, entries: usize, batch: usize) -> f64 {
    let mut seconds = 0.0;

    for first in (0..entries).step_by(batch) {
        let last = entries.min(first + batch);
        let updates = (first..last).map(|i| (label(i), value(i))).collect();
        let start = Instant::now();
        directory.publish(updates).await.expect("not published");
        seconds += start.elapsed().as_secs_f64();
    }
    seconds
}

async fn measure(entries: usize, batch: usize) -> String {
    let storage = StorageManager::new_no_cache(AsyncInMemoryDatabase::new());
    let config = AzksParallelismConfig::default();
    let directory = Bench::new(storage, HardCodedAkdVRF, config)
        .await
        .expect("no directory");
    let seconds = publish(&directory, entries, batch).await;
    let key = directory.get_public_key().await.expect("no key");

    let samples = SAMPLES.min(entries);
    let (mut lookup, mut verify, mut size) = (vec![], vec![], vec![]);
    for i in (0..samples).map(|k| k * entries / samples) {
        let start = Instant::now();
        let (proof, EpochHash(epoch, root)) =
            directory.lookup(label(i)).await.expect("no proof");
        lookup.push(start.elapsed().as_secs_f64());

        // What is verified is what came over the wire.
        let wire = ProofMessage::from(&proof).write_to_bytes().expect("no bytes");
        size.push(wire.len() as f64);
        let message = ProofMessage::parse_from_bytes(&wire).expect("not read");
        let read = (&message).try_into().expect("not a proof");

        let start = Instant::now();
        let found = akd::client::lookup_verify::<Config>(
            key.as_bytes(), root, epoch, label(i), read);
        verify.push(start.elapsed().as_secs_f64());
        assert_eq!(found.expect("not verified").value, value(i));
    }

    let largest = size.iter().copied().fold(0.0, f64::max);
    format!(
        "{{\"entries\":{entries},\"batch\":{batch},\"seconds\":{seconds:.3},\
         \"entries_per_second\":{:.1},\"proof_bytes\":{},\"proof_bytes_max\":{},\
         \"lookup_us\":{:.1},\"verify_us\":{:.1},\"samples\":{samples}}}",
        entries as f64 / seconds,
        median(size),
        largest,
        median(lookup) * 1e6,
        median(verify) * 1e6,
    )
}
