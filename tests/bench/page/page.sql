-- The same page as one statement that makes the JSON. `:date` is the day.
WITH page AS MATERIALIZED (
    SELECT * FROM device_snapshot WHERE snapshot_date = CAST(:date AS DATE)
    ORDER BY canonical_hostname, device_identity_id LIMIT 100
)
SELECT json_build_object('data', json_build_object('snapshots', json_build_object('nodes', json_agg(json_build_object(
    'id', s.snapshot_date || ':' || s.device_identity_id, 'date', s.snapshot_date, 'vendor', v.name,
    'vendorDeviceKey', i.vendor_device_key, 'hostname', s.hostname, 'canonicalHostname', s.canonical_hostname,
    'displayName', s.display_name, 'deviceType', t.code, 'billing', b.code, 'lastOnline', s.last_online,
    'storedAt', s.created_at, 'os', json_build_object('name', s.os_name, 'build', s.os_build),
    'hardware', json_build_object('manufacturer', s.system_manufacturer, 'model', s.system_model,
                                  'serialNumber', s.serial_number),
    'organization', CASE WHEN o.id IS NOT NULL THEN json_build_object('id', o.id, 'name', o.name) END,
    'device', CASE WHEN d.id IS NOT NULL THEN json_build_object('id', d.id, 'hostname', d.hostname, 'organization',
        CASE WHEN p.id IS NOT NULL THEN json_build_object('id', p.id, 'name', p.name) END) END
) ORDER BY s.canonical_hostname, s.device_identity_id))))
FROM page s
JOIN vendor v ON v.id = s.vendor_id
JOIN device_identity i ON i.id = s.device_identity_id
LEFT JOIN device_type t ON t.id = s.device_type_id
LEFT JOIN billing_status b ON b.id = s.billing_status_id
LEFT JOIN site ON site.id = s.site_id
LEFT JOIN organization o ON o.id = site.organization_id
LEFT JOIN device d ON d.id = i.device_id
LEFT JOIN organization p ON p.id = d.organization_id;
