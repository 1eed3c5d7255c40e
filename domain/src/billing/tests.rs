//! Every sentence of section 5 on billing.

use proptest::prelude::*;

use super::*;

const BILLABLE: BillingDecision = BillingDecision { billing: Billing::Billable, spare_reason: None };
const UNKNOWN: BillingDecision = BillingDecision { billing: Billing::Unknown, spare_reason: None };

const fn spare(reason: SpareReason) -> BillingDecision {
    BillingDecision { billing: Billing::Spare, spare_reason: Some(reason) }
}

fn workstation() -> BillingFacts<'static> {
    BillingFacts {
        node_class: Some("WINDOWS_WORKSTATION"),
        vendor_device_type: Some("AgentDevice"),
        ..BillingFacts::default()
    }
}

fn place(name: Option<&str>) -> Place {
    Place { key: "9".into(), name: name.map(str::to_owned) }
}

fn by_default(facts: &BillingFacts<'_>) -> BillingDecision {
    decide(facts, &BillingRules::default())
}

fn of_kind(node_class: Option<&str>, vendor_device_type: Option<&str>) -> BillingDecision {
    by_default(&BillingFacts { node_class, vendor_device_type, ..BillingFacts::default() })
}

#[test]
fn everything_else_is_billable() {
    let (office, display_name) = (place(Some("Main Office")), Some("Réception"));
    assert_eq!(by_default(&BillingFacts { display_name, location: Some(&office), ..workstation() }), BILLABLE);
    assert_eq!(by_default(&workstation()), BILLABLE, "no display name and no location are no missing facts");
    assert_eq!(of_kind(Some("NMS_SWITCH"), None), BILLABLE);
    assert_eq!(of_kind(None, Some("AgentDevice")), BILLABLE);
}

#[test]
fn virtual_guests_are_spare_by_class_or_by_device_type() {
    for (node_class, device_type) in [
        (Some("VMWARE_VM_GUEST"), None),
        (Some("vmware_vm_guest"), Some("AgentDevice")),
        (None, Some("VMGuest")),
        (Some("WINDOWS_SERVER"), Some("vmguest")),
    ] {
        assert_eq!(of_kind(node_class, device_type), spare(SpareReason::VmGuest), "{node_class:?} {device_type:?}");
    }
}

#[test]
fn virtual_hosts_and_hyper_v_guests_are_billable() {
    for node_class in ["VMWARE_VM_HOST", "HYPERV_VMM_HOST", "NMS_VM_HOST", "HYPERV_VMM_GUEST"] {
        for device_type in [None, Some("VMHost"), Some("VMGuest")] {
            assert_eq!(of_kind(Some(node_class), device_type), BILLABLE, "{node_class} {device_type:?}");
        }
    }
}

#[test]
fn a_name_or_a_location_that_says_spare_makes_spare_in_any_letters() {
    for name in ["SPARE", "Spare laptop 3", "pc (spare)", "ＳＰＡＲＥ"] {
        let facts = BillingFacts { display_name: Some(name), ..workstation() };
        assert_eq!(by_default(&facts), spare(SpareReason::SpareName), "{name}");
        let location = place(Some(name));
        let facts = BillingFacts { location: Some(&location), ..workstation() };
        assert_eq!(by_default(&facts), spare(SpareReason::SpareLocation), "{name}");
    }
}

#[test]
fn a_hyper_v_guest_or_a_host_with_a_spare_name_is_spare() {
    for node_class in ["HYPERV_VMM_GUEST", "VMWARE_VM_HOST"] {
        let facts =
            BillingFacts { node_class: Some(node_class), display_name: Some("spare"), ..BillingFacts::default() };
        assert_eq!(by_default(&facts), spare(SpareReason::SpareName));
    }
}

#[test]
fn the_first_reason_is_told() {
    let closet = place(Some("Spare closet"));
    let named = BillingFacts { display_name: Some("spare"), location: Some(&closet), ..workstation() };
    assert_eq!(by_default(&named), spare(SpareReason::SpareName));
    let guest = BillingFacts { node_class: Some("VMWARE_VM_GUEST"), ..named };
    assert_eq!(by_default(&guest), spare(SpareReason::VmGuest));
}

#[test]
fn a_device_of_which_no_kind_is_known_is_unknown() {
    for (node_class, device_type) in [(None, None), (Some(""), None), (Some(" "), Some(""))] {
        assert_eq!(of_kind(node_class, device_type), UNKNOWN);
    }
}

#[test]
fn a_location_whose_name_is_not_known_is_a_missing_fact() {
    for name in [None, Some(""), Some("  ")] {
        let location = place(name);
        assert_eq!(by_default(&BillingFacts { location: Some(&location), ..workstation() }), UNKNOWN, "{name:?}");
    }
}

#[test]
fn a_reason_that_holds_needs_no_other_fact() {
    let nameless = place(None);
    let facts = BillingFacts { display_name: Some("spare"), location: Some(&nameless), ..BillingFacts::default() };
    assert_eq!(by_default(&facts), spare(SpareReason::SpareName));
    let guest = BillingFacts { vendor_device_type: Some("VMGuest"), display_name: None, ..facts };
    assert_eq!(by_default(&guest), spare(SpareReason::VmGuest));
}

#[test]
fn the_configuration_replaces_single_entries_in_any_letters_and_keeps_the_others() {
    let rules: BillingRules = serde_json::from_str(
        r#"{"hyperv_vmm_guest": "guest", "VMWARE_VM_GUEST": "default", "NMS_VIRTUAL_MACHINE": "guest"}"#,
    )
    .unwrap();
    let of = |node_class, vendor_device_type| {
        let facts = BillingFacts { node_class: Some(node_class), vendor_device_type, ..BillingFacts::default() };
        decide(&facts, &rules)
    };
    assert_eq!(of("HYPERV_VMM_GUEST", None), spare(SpareReason::VmGuest));
    assert_eq!(of("NMS_VIRTUAL_MACHINE", None), spare(SpareReason::VmGuest));
    assert_eq!(of("VMWARE_VM_GUEST", None), BILLABLE);
    assert_eq!(of("VMWARE_VM_GUEST", Some("VMGuest")), spare(SpareReason::VmGuest));
    assert_eq!(of("VMWARE_VM_HOST", Some("VMGuest")), BILLABLE, "a default that was not mentioned stays");
    assert_eq!(serde_json::from_str::<BillingRules>("{}").unwrap(), BillingRules::default());
    assert!(serde_json::from_str::<BillingRules>(r#"{"MAC": "Billable"}"#).is_err());
}

#[test]
fn an_endpoint_is_billable_and_outside_the_internal_organizations() {
    assert!(is_endpoint(Billing::Billable, false));
    assert!(!is_endpoint(Billing::Billable, true));
    assert!(!is_endpoint(Billing::Spare, false) && !is_endpoint(Billing::Unknown, false));
}

#[test]
fn only_workstations_are_seats() {
    for device_type in DeviceType::ALL {
        let expected = device_type == DeviceType::Workstation;
        assert_eq!(is_seat(Billing::Billable, device_type, None, false), expected, "{device_type:?}");
    }
    let is_seat_of_class = |class| is_seat(Billing::Billable, DeviceType::Workstation, Some(class), false);
    assert!(is_seat_of_class("WINDOWS_WORKSTATION") && is_seat_of_class("SOMETHING_NEW"));
    for class in ["WINDOWS_SERVER", "VMWARE_VM_HOST", "HYPERV_VMM_GUEST", "NMS_SWITCH"] {
        assert!(!is_seat_of_class(class), "{class}");
    }
}

#[test]
fn every_code_names_its_value() {
    for billing in Billing::ALL {
        assert_eq!(Billing::from_code(billing.code()), Some(billing));
        assert_eq!(serde_json::to_value(billing).unwrap(), billing.code());
    }
    for reason in SpareReason::ALL {
        assert_eq!(SpareReason::from_code(reason.code()), Some(reason));
        assert_eq!(serde_json::to_value(reason).unwrap(), reason.code());
    }
}

proptest! {
    #[test]
    fn a_reason_is_told_exactly_for_spare_and_a_seat_is_always_an_endpoint(
        node_class in prop::option::of("(VMWARE_VM_GUEST|HYPERV_VMM_GUEST|MAC|)"),
        device_type in prop::option::of("(VMGuest|AgentDevice|)"),
        display_name in prop::option::of("(spare|pc|)"),
        location in prop::option::of(prop::option::of("(spare|office)")),
        internal in any::<bool>(),
    ) {
        let location = location.map(|name| place(name.as_deref()));
        let decision = by_default(&BillingFacts {
            node_class: node_class.as_deref(),
            vendor_device_type: device_type.as_deref(),
            display_name: display_name.as_deref(),
            location: location.as_ref(),
        });
        prop_assert_eq!(decision.spare_reason.is_some(), decision.billing == Billing::Spare);
        let kind = crate::device_type::classify(node_class.as_deref(), device_type.as_deref(), None);
        if is_seat(decision.billing, kind, node_class.as_deref(), internal) {
            prop_assert!(is_endpoint(decision.billing, internal));
        }
    }
}
