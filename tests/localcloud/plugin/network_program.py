"""A program with every load-balancing, instance-group, hybrid and DNS type that has no recording.

`text` is the program as it is first; `changed` changes in it what the published provider changes in place.
"""

from __future__ import annotations

text = """
import pulumi
import pulumi_gcp as gcp

REGION, LABELS, TEXT, SECONDS, SIZE = "europe-west3", {"stage": "one"}, "first", 5, 1
compute = gcp.compute

net = compute.Network("net", name="net", auto_create_subnetworks=False)
subnet = compute.Subnetwork("subnet", name="subnet", network=net.id, ip_cidr_range="10.0.0.0/24")
inside = compute.Address(
    "inside",
    name="inside",
    address_type="INTERNAL",
    purpose="GCE_ENDPOINT",
    subnetwork=subnet.id,
    labels=LABELS,
)
outside = compute.Address("outside", name="outside", network_tier="STANDARD", labels=LABELS)

check = compute.HealthCheck(
    "check",
    name="check",
    description=TEXT,
    check_interval_sec=10,
    timeout_sec=SECONDS,
    https_health_check={"port": 8443, "request_path": "/healthz"},
    log_config={"enable": True},
)
rcheck = compute.RegionHealthCheck(
    "rcheck", name="rcheck", check_interval_sec=10, timeout_sec=SECONDS, tcp_health_check={"port": 443}
)

disks = [
    {
        "source_image": "debian-cloud/debian-12",
        "disk_size_gb": 20,
        "disk_type": "pd-balanced",
        "disk_encryption_key": {"kms_key_self_link": "projects/p/locations/l/keyRings/r/cryptoKeys/k"},
    },
    {
        "type": "SCRATCH",
        "disk_type": "local-ssd",
        "interface": "NVME",
        "disk_size_gb": 375,
        "auto_delete": False,
    },
]
machine = dict(
    machine_type="e2-small",
    disks=disks,
    tags=["relay"],
    labels=LABELS,
    description="relay",
    metadata={"enable-oslogin": "TRUE"},
    metadata_startup_script="echo hello",
    network_interfaces=[
        {
            "subnetwork": subnet.id,
            "access_configs": [{"network_tier": "PREMIUM"}],
            "alias_ip_ranges": [{"ip_cidr_range": "/24", "subnetwork_range_name": "pods"}],
        }
    ],
    service_account={"email": "relay@careplane-cell.iam.gserviceaccount.com", "scopes": ["cloud-platform"]},
    shielded_instance_config={"enable_secure_boot": True},
    confidential_instance_config={"enable_confidential_compute": True},
    advanced_machine_features={"threads_per_core": 1},
    scheduling={"on_host_maintenance": "TERMINATE", "automatic_restart": False},
    reservation_affinity={
        "type": "SPECIFIC_RESERVATION",
        "specific_reservation": {"key": "compute.googleapis.com/reservation-name", "values": ["r"]},
    },
    resource_manager_tags={"tagKeys/1": "tagValues/2"},
    can_ip_forward=True,
    min_cpu_platform="AMD Milan",
)
everywhere = compute.InstanceTemplate("everywhere", name_prefix="relay-", region=REGION, **machine)
template = compute.RegionInstanceTemplate("template", **machine)
group = compute.RegionInstanceGroupManager(
    "group",
    name="relay",
    base_instance_name="relay",
    target_size=SIZE,
    versions=[{"name": "v1", "instance_template": template.id}],
    named_ports=[{"name": "mllp", "port": 2575 + SIZE}],
    auto_healing_policies={"health_check": check.id, "initial_delay_sec": 60 * SECONDS},
    distribution_policy_zones=[f"{REGION}-a", f"{REGION}-b"],
    update_policy={
        "type": "PROACTIVE",
        "minimal_action": "REPLACE",
        "max_surge_fixed": 0,
        "max_unavailable_fixed": 2,
        "instance_redistribution_type": "NONE",
    },
    instance_lifecycle_policy={"force_update_on_repair": "YES"},
    all_instances_config={"labels": LABELS, "metadata": {"k": TEXT}},
    stateful_disks=[{"device_name": "persistent-disk-0"}],
    stateful_internal_ips=[{"interface_name": "nic0", "delete_rule": "NEVER"}],
)
scaled = compute.RegionInstanceGroupManager(
    "scaled",
    name="scaled",
    base_instance_name="scaled",
    versions=[{"instance_template": everywhere.self_link}],
)
scaler = compute.RegionAutoscaler(
    "scaler",
    name="scaler",
    target=scaled.id,
    description=TEXT,
    autoscaling_policy={
        "min_replicas": 0,
        "max_replicas": 2 + SIZE,
        "cooldown_period": 30 * SECONDS,
        "cpu_utilization": {"target": 0.7},
        "metrics": [{"name": "m/x", "target": 10, "type": "GAUGE"}],
        "scaling_schedules": [
            {
                "name": "day",
                "duration_sec": 3600,
                "min_required_replicas": 1,
                "schedule": "0 8 * * 1-5",
                "time_zone": "Europe/Berlin",
            }
        ],
        "scale_in_control": {"max_scaled_in_replicas": {"fixed": 1}, "time_window_sec": 600},
    },
)

armor = compute.SecurityPolicy(
    "armor",
    name="armor",
    description=TEXT,
    labels=LABELS,
    adaptive_protection_config={
        "layer7_ddos_defense_config": {"enable": True, "rule_visibility": "STANDARD"}
    },
    advanced_options_config={"json_parsing": "STANDARD", "log_level": "VERBOSE"},
    rules=[
        {
            "action": "deny(403)",
            "priority": 0,
            "description": TEXT,
            "match": {
                "expr": {"expression": "evaluatePreconfiguredWaf('sqli-v33-stable', {'sensitivity': 2})"}
            },
            "preconfigured_waf_config": {
                "exclusions": [
                    {
                        "target_rule_set": "sqli-v33-stable",
                        "target_rule_ids": ["owasp-crs-v030301-id942110-sqli"],
                        "request_headers": [{"operator": "EQUALS", "value": "x-payload"}],
                    }
                ]
            },
        },
        {
            "action": "rate_based_ban",
            "priority": 10,
            "match": {"versioned_expr": "SRC_IPS_V1", "config": {"src_ip_ranges": ["*"]}},
            "rate_limit_options": {
                "conform_action": "allow",
                "exceed_action": "deny(429)",
                "enforce_on_key": "IP",
                "rate_limit_threshold": {"count": 100 * SECONDS, "interval_sec": 60},
                "ban_duration_sec": 600,
                "ban_threshold": {"count": 1000, "interval_sec": 600},
            },
        },
        {
            "action": "allow",
            "priority": 2147483647,
            "match": {"versioned_expr": "SRC_IPS_V1", "config": {"src_ip_ranges": ["*"]}},
        },
    ],
)
tls = compute.SSLPolicy("tls", name="tls", min_tls_version="TLS_1_3", profile="RESTRICTED")
backend = compute.BackendService(
    "backend",
    name="backend",
    load_balancing_scheme="EXTERNAL_MANAGED",
    protocol="HTTPS",
    description=TEXT,
    timeout_sec=10 * SECONDS,
    security_policy=armor.id,
    log_config={
        "enable": True,
        "sample_rate": 1,
        "optional_mode": "CUSTOM",
        "optional_fields": ["tls.cipher"],
    },
    iap={"enabled": True, "oauth2_client_id": "id", "oauth2_client_secret": pulumi.Output.secret("hush")},
    backends=[{"group": "projects/riverside/regions/europe-west3/networkEndpointGroups/ehr"}],
)
relay = compute.RegionBackendService(
    "relay",
    name="relay",
    protocol="TCP",
    health_checks=rcheck.id,
    session_affinity="CLIENT_IP",
    connection_draining_timeout_sec=10 * SECONDS,
    log_config={"enable": True, "sample_rate": 1},
    backends=[{"group": group.instance_group, "balancing_mode": "CONNECTION"}],
    failover_policy={"drop_traffic_if_unhealthy": True},
)
mllp = compute.ForwardingRule(
    "mllp",
    name="mllp",
    load_balancing_scheme="INTERNAL",
    backend_service=relay.id,
    ip_protocol="TCP",
    ports=["2575"],
    network=net.id,
    subnetwork=subnet.id,
    ip_address=inside.id,
    labels=LABELS,
    allow_global_access=SIZE > 1,
    service_label="mllp",
)
maps = compute.URLMap(
    "maps",
    name="maps",
    default_service=backend.id,
    description=TEXT,
    host_rules=[{"hosts": ["lakeside.example.org"], "path_matcher": "lakeside"}],
    path_matchers=[
        {
            "name": "lakeside",
            "default_service": "projects/lakeside/global/backendServices/ehr",
            "path_rules": [{"paths": ["/fhir/*"], "service": backend.id}],
            "header_action": {
                "request_headers_to_adds": [
                    {"header_name": "x-tenant", "header_value": "lakeside", "replace": True}
                ]
            },
        }
    ],
)
redirect = compute.URLMap(
    "redirect",
    name="redirect",
    default_url_redirect={
        "https_redirect": True,
        "strip_query": False,
        "redirect_response_code": "MOVED_PERMANENTLY_DEFAULT",
    },
)
https = compute.TargetHttpsProxy(
    "https",
    name="https",
    url_map=maps.id,
    ssl_policy=tls.id,
    quic_override="NONE" if SIZE == 1 else "ENABLE",
    certificate_map="//certificatemanager.googleapis.com/projects/p/locations/global/certificateMaps/m",
)
http = compute.TargetHttpProxy("http", name="http", url_map=redirect.id if SIZE == 1 else maps.id)
port80 = compute.GlobalForwardingRule(
    "port80",
    name="port80",
    target=http.id,
    port_range="80",
    load_balancing_scheme="EXTERNAL_MANAGED",
    labels=LABELS,
)

router = compute.Router("router", name="router", network=net.id, bgp={"asn": 64514})
ours = compute.HaVpnGateway("ours", name="ours", network=net.id, labels=LABELS)
theirs = compute.ExternalVpnGateway(
    "theirs",
    name="theirs",
    redundancy_type="SINGLE_IP_INTERNALLY_REDUNDANT",
    interfaces=[{"id": 0, "ip_address": "192.0.2.7"}],
    labels=LABELS,
)
tunnel = compute.VPNTunnel(
    "tunnel",
    name="tunnel",
    vpn_gateway=ours.id,
    vpn_gateway_interface=0,
    peer_external_gateway=theirs.id,
    peer_external_gateway_interface=0,
    router=router.id,
    shared_secret=pulumi.Output.secret("psk"),
    labels=LABELS,
)
link = compute.RouterInterface(
    "link", name="link", router=router.name, vpn_tunnel=tunnel.name, ip_range="169.254.1.1/30"
)
accepted = compute.RouterRoutePolicy(
    "accepted",
    name="accepted",
    router=router.name,
    type="ROUTE_POLICY_TYPE_IMPORT",
    terms=[
        {
            "priority": 0,
            "match": {
                "expression": "destination.inAnyRange(prefix('10.1.0.0/16').orLonger())",
                "title": TEXT,
            },
            "actions": [{"expression": "accept()"}],
        },
        {"priority": SECONDS, "match": {"expression": "true"}, "actions": [{"expression": "drop()"}]},
    ],
)
peer = compute.RouterPeer(
    "peer",
    import_policies=[accepted.name],
    name="peer",
    router=router.name,
    interface=link.name,
    peer_asn=64515,
    peer_ip_address="169.254.1.2",
    advertised_route_priority=100 * SECONDS,
    enable=SIZE == 1,
    advertise_mode="CUSTOM",
    advertised_ip_ranges=[{"range": "10.0.0.0/24", "description": TEXT}],
    bfd={"session_initialization_mode": "ACTIVE"},
    md5_authentication_key={"name": "key", "key": pulumi.Output.secret("md5")},
)
partner = compute.InterconnectAttachment(
    "partner",
    name="partner",
    type="PARTNER",
    router=router.id,
    edge_availability_domain="AVAILABILITY_DOMAIN_1",
    mtu="1500",
    description=TEXT,
    labels=LABELS,
)

fence = compute.NetworkFirewallPolicy("fence", name="fence", description=TEXT)
bound = compute.NetworkFirewallPolicyAssociation(
    "bound", name="bound", firewall_policy=fence.name, attachment_target=net.id
)
deny = compute.NetworkFirewallPolicyRule(
    "deny",
    firewall_policy=fence.name,
    priority=1000,
    action="deny",
    direction="EGRESS",
    description=TEXT,
    enable_logging=True,
    disabled=SIZE > 1,
    match={"dest_ip_ranges": ["0.0.0.0/0"], "layer4_configs": [{"ip_protocol": "tcp", "ports": ["25"]}]},
)

resolver = gcp.dns.Policy(
    "resolver",
    name="resolver",
    description=TEXT,
    enable_logging=SIZE == 1,
    enable_inbound_forwarding=True,
    networks=[{"network_url": net.id}],
    alternative_name_server_config={
        "target_name_servers": [{"ipv4_address": "192.0.2.53", "forwarding_path": "private"}]
    },
)
zone = gcp.dns.ManagedZone(
    "zone",
    name="zone",
    dns_name="example.org.",
    description=TEXT,
    labels=LABELS,
    dnssec_config={"state": "on", "non_existence": "nsec3"},
)
geo = gcp.dns.RecordSet(
    "geo",
    name="geo.example.org.",
    managed_zone=zone.name,
    type="A",
    ttl=60 * SECONDS,
    routing_policy={
        "enable_geo_fencing": True,
        "geos": [
            {"location": "europe-west3", "rrdatas": ["192.0.2.1"]},
            {"location": "europe-west4", "rrdatas": ["192.0.2.2"]},
        ],
    },
)
weighted = gcp.dns.RecordSet(
    "weighted",
    name="w.example.org.",
    managed_zone=zone.name,
    type="A",
    ttl=300,
    routing_policy={
        "wrrs": [{"weight": 0.8, "rrdatas": ["192.0.2.1"]}, {"weight": 0.2 * SIZE, "rrdatas": ["192.0.2.2"]}]
    },
)
failover = gcp.dns.RecordSet(
    "failover",
    name="f.example.org.",
    managed_zone=zone.name,
    type="A",
    ttl=300,
    routing_policy={
        "primary_backup": {
            "trickle_ratio": 0.1 * SIZE,
            "primary": {
                "internal_load_balancers": [
                    {
                        "load_balancer_type": "regionalL4ilb",
                        "ip_address": inside.address,
                        "port": "2575",
                        "ip_protocol": "tcp",
                        "network_url": net.id,
                        "project": "careplane-cell",
                        "region": REGION,
                    }
                ]
            },
            "backup_geos": [{"location": "europe-west4", "rrdatas": ["192.0.2.9"]}],
        }
    },
)

proof = gcp.certificatemanager.DnsAuthorization(
    "proof", name="proof", domain="example.org", description=TEXT, labels=LABELS
)
cname = gcp.dns.RecordSet(
    "cname",
    name=proof.dns_resource_records[0].name,
    managed_zone=zone.name,
    type=proof.dns_resource_records[0].type,
    ttl=300,
    rrdatas=[proof.dns_resource_records[0].data],
)
certificate = gcp.certificatemanager.Certificate(
    "certificate",
    name="certificate",
    description=TEXT,
    labels=LABELS,
    managed={"domains": ["example.org", "*.example.org"], "dns_authorizations": [proof.id]},
)
"""

changed = text.replace('{"stage": "one"}, "first", 5, 1', '{"stage": "two", "more": "yes"}, "second", 6, 2')
