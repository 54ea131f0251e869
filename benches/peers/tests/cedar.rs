//! The catalog translated to Cedar decides as tollkeeper does, for customers that nobody wrote down.

use tollkeeper_benches::workload::Workload;
use tollkeeper_peers::{CedarData, agree};

#[test]
fn cedar_on_the_translated_catalog_decides_the_same_for_generated_domains() {
    for first in (10_000..10_500).step_by(100) {
        let workload = Workload::of(first..first + 100, 4096);
        let reasons = workload.reasons();
        let agreement = agree(&workload, &reasons, &mut CedarData::new(&workload));
        assert!(agreement.denials > 1000);
    }
}
