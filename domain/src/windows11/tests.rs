//! Whole machines.

use proptest::prelude::*;
use rust_decimal::Decimal;

use super::{Assessment, Outcome, Requirement, Verdict, assess};
use crate::observation::{Hardware, OperatingSystem};

#[expect(clippy::unnecessary_wraps, reason = "every fact of a machine is an option")]
fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// A machine of today on Windows 10 that meets every requirement.
fn able() -> (OperatingSystem, Hardware) {
    let os = OperatingSystem {
        name: text("Windows 10 Professional Edition"),
        build: text("19045"),
        release_id: text("22H2"),
        architecture: text("64-bit"),
    };
    let hardware = Hardware {
        cpu_model: text("12th Gen Intel(R) Core(TM) i5-12500"),
        memory_gib: Some(Decimal::new(1600, 2)),
        volumes: text("C:: 475.9GB"),
        has_tpm: Some(true),
        tpm_enabled: Some(true),
        tpm_version: text("2.0, 0, 1.59"),
        secure_boot_available: Some(true),
        secure_boot_enabled: Some(true),
        ..Hardware::default()
    };
    (os, hardware)
}

fn judged(change: impl FnOnce(&mut OperatingSystem, &mut Hardware)) -> Assessment {
    let (mut os, mut hardware) = able();
    change(&mut os, &mut hardware);
    assess(&os, &hardware)
}

#[test]
fn a_machine_that_meets_everything_is_capable() {
    let found = judged(|_, _| {});
    assert_eq!(found.verdict, Verdict::Capable);
    assert!(found.findings.iter().all(|finding| finding.outcome == Outcome::Met && finding.remedy.is_none()));
    assert_eq!(found.findings.iter().map(|finding| finding.requirement).collect::<Vec<_>>(), Requirement::ALL);
}

#[test]
fn one_requirement_that_fails_decides_whatever_is_unknown() {
    let failing: [fn(&mut OperatingSystem, &mut Hardware); 6] = [
        |os, _| os.architecture = text("32-bit"),
        |_, hardware| hardware.memory_gib = Some(Decimal::from(2)),
        |_, hardware| hardware.volumes = text("C:: 30.0GB"),
        |_, hardware| hardware.cpu_model = text("Intel(R) Core(TM) i5-7500 CPU @ 3.40GHz"),
        |_, hardware| hardware.has_tpm = Some(false),
        |_, hardware| (hardware.secure_boot_available, hardware.secure_boot_enabled) = (Some(false), Some(false)),
    ];
    let failing_alone: [fn(&mut Hardware); 6] = [
        |_| {},
        |_| {},
        |_| {},
        |_| {},
        |hardware| (hardware.tpm_enabled, hardware.tpm_version) = (None, None),
        |_| {},
    ];
    for (number, (fail, clear)) in failing.into_iter().zip(failing_alone).enumerate() {
        let found = judged(|os, hardware| {
            fail(os, hardware);
            clear(hardware);
        });
        assert_eq!(found.verdict, Verdict::NotCapable, "{number}");
        let not_met: Vec<usize> = (0..6).filter(|at| found.findings[*at].outcome == Outcome::NotMet).collect();
        assert_eq!(not_met, [number]);
        assert!(found.findings[number].remedy.is_some() && found.findings[number].value.is_some());
        let bare = {
            let (mut os, mut hardware) = (OperatingSystem::default(), Hardware::default());
            fail(&mut os, &mut hardware);
            assess(&os, &hardware)
        };
        assert_eq!(bare.verdict, Verdict::NotCapable, "{number} with nothing else known");
    }
}

#[test]
fn what_nobody_reported_is_not_enough_data() {
    let silent: [fn(&mut OperatingSystem, &mut Hardware); 6] = [
        |os, _| os.architecture = None,
        |_, hardware| hardware.memory_gib = None,
        |_, hardware| hardware.volumes = None,
        |_, hardware| hardware.cpu_model = None,
        |_, hardware| (hardware.has_tpm, hardware.tpm_enabled, hardware.tpm_version) = (None, None, None),
        |_, hardware| (hardware.secure_boot_available, hardware.secure_boot_enabled) = (None, None),
    ];
    for (number, hide) in silent.into_iter().enumerate() {
        let found = judged(hide);
        assert_eq!(found.verdict, Verdict::NotEnoughData, "{number}");
        assert_eq!(found.findings[number].outcome, Outcome::NotEnoughData);
        assert_eq!(found.findings[number].value, None, "nothing was reported");
        assert!(found.findings[number].remedy.is_some());
    }
    let nothing = assess(&OperatingSystem::default(), &Hardware::default());
    assert_eq!(nothing.verdict, Verdict::NotEnoughData);
    assert!(nothing.findings.iter().all(|finding| finding.outcome == Outcome::NotEnoughData));
}

#[test]
fn a_machine_that_runs_it_is_there_and_one_that_runs_more_is_newer_whatever_the_lists_say() {
    for (build, release, expected) in [
        ("26100", "24H2", Verdict::AlreadyThere),
        ("26200", "25H2", Verdict::Newer),
        ("22631", "23H2", Verdict::NotCapable),
    ] {
        let found = judged(|os, hardware| {
            (os.build, os.release_id) = (text(build), text(release));
            hardware.cpu_model = text("Intel(R) Core(TM) i5-7500 CPU @ 3.40GHz");
        });
        assert_eq!(found.verdict, expected);
        assert_eq!(found.findings[3].outcome, Outcome::NotMet, "the requirement is told all the same");
    }
}

#[test]
fn every_code_names_its_verdict_and_every_title_its_requirement() {
    for verdict in Verdict::ALL {
        assert_eq!(Verdict::from_code(verdict.code()), Some(verdict));
        assert!(verdict.code().len() <= 30, "the column's width");
    }
    for requirement in Requirement::ALL {
        assert_eq!(Requirement::from_title(requirement.title()), Some(requirement));
    }
}

prop_compose! {
    fn word()(word in prop::option::of(prop_oneof![
        "\\PC{0,12}",
        Just("64-bit".to_owned()), Just("26100".to_owned()), Just("24H2".to_owned()), Just("25H2".to_owned()),
        Just("2.0, 0, 1.38".to_owned()), Just("C:: 100.0GB".to_owned()), Just("Intel(R) N100".to_owned()),
        Just("AMD FX(tm)-8350".to_owned()),
    ])) -> Option<String> { word }
}

prop_compose! {
    fn machine()(
        words in prop::collection::vec(word(), 7),
        flags in prop::collection::vec(any::<Option<bool>>(), 4),
        memory in prop::option::of(-10_i64..10_000),
    ) -> (OperatingSystem, Hardware) {
        let os = OperatingSystem {
            name: None, build: words[0].clone(), release_id: words[1].clone(), architecture: words[2].clone(),
        };
        let hardware = Hardware {
            cpu_model: words[3].clone(),
            model: words[4].clone(),
            volumes: words[5].clone(),
            tpm_version: words[6].clone(),
            memory_gib: memory.map(|hundredths| Decimal::new(hundredths, 2)),
            has_tpm: flags[0],
            tpm_enabled: flags[1],
            secure_boot_available: flags[2],
            secure_boot_enabled: flags[3],
            ..Hardware::default()
        };
        (os, hardware)
    }
}

proptest! {
    #[test]
    fn the_verdict_follows_from_the_findings((os, hardware) in machine()) {
        let found = assess(&os, &hardware);
        let some = |outcome| found.findings.iter().any(|finding| finding.outcome == outcome);
        prop_assert_eq!(found.findings.len(), Requirement::ALL.len());
        match found.verdict {
            Verdict::Capable => prop_assert!(!some(Outcome::NotMet) && !some(Outcome::NotEnoughData)),
            Verdict::NotCapable => prop_assert!(some(Outcome::NotMet)),
            Verdict::NotEnoughData => prop_assert!(!some(Outcome::NotMet) && some(Outcome::NotEnoughData)),
            Verdict::AlreadyThere | Verdict::Newer => prop_assert!(os.build.is_some() || os.release_id.is_some()),
        }
        for finding in &found.findings {
            prop_assert_eq!(finding.remedy.is_none(), finding.outcome == Outcome::Met);
            prop_assert_eq!(finding.reason.is_none(), finding.outcome == Outcome::Met);
            prop_assert!(finding.value.is_some() || finding.outcome == Outcome::NotEnoughData);
        }
    }

    #[test]
    fn forgetting_what_one_requirement_is_judged_by_makes_it_unknown_and_leaves_the_others(
        (os, hardware) in machine(),
        which in 0_usize..6,
    ) {
        let before = assess(&os, &hardware);
        let (mut os, mut hardware) = (os, hardware);
        match which {
            0 => os.architecture = None,
            1 => hardware.memory_gib = None,
            2 => hardware.volumes = None,
            3 => hardware.cpu_model = None,
            4 => (hardware.has_tpm, hardware.tpm_enabled, hardware.tpm_version) = (None, None, None),
            _ => (hardware.secure_boot_available, hardware.secure_boot_enabled) = (None, None),
        }
        let after = assess(&os, &hardware);
        for (at, (was, is)) in before.findings.iter().zip(&after.findings).enumerate() {
            if at == which {
                prop_assert_eq!(is.outcome, Outcome::NotEnoughData);
            } else {
                prop_assert_eq!(was, is);
            }
        }
    }
}
