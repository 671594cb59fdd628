// SPDX-License-Identifier: Apache-2.0

import CDataplaneABI
import PacketBuilder

/// A struct by its name in the BPF sources, its size and its fields with their offsets.
struct Layout {
    let name: String
    let size: Int
    let offsets: [String: Int]

    init<Value>(_ name: String, _ type: Value.Type, _ fields: [(String, PartialKeyPath<Value>)]) {
        self.name = name
        size = MemoryLayout<Value>.size
        offsets = fields.reduce(into: [:]) { $0[$1.0] = MemoryLayout<Value>.offset(of: $1.1) }
    }
}

extension Layout {
    static let v4: [Layout] = [
        Layout("addr", addr_v4.self, [("word", \.word)]),
        Layout(
            "frontend_key", frontend_key_v4.self,
            [("addr", \.addr), ("port", \.port), ("proto", \.proto), ("aside", \.aside)]),
        Layout(
            "frontend", frontend_v4.self,
            [
                ("service_id", \.service_id), ("first_slot", \.first_slot), ("slot_count", \.slot_count),
                ("local_count", \.local_count), ("affinity_seconds", \.affinity_seconds), ("flags", \.flags),
            ]),
        Layout(
            "slot", slot_v4.self, [("addr", \.addr), ("port", \.port), ("flags", \.flags), ("weight", \.weight)]),
        Layout(
            "connection_key", connection_key_v4.self,
            [
                ("src", \.src), ("dst", \.dst), ("sport", \.sport), ("dport", \.dport), ("proto", \.proto),
                ("pad", \.pad),
            ]),
        Layout(
            "connection", connection_v4.self,
            [
                ("created", \.created), ("last_seen", \.last_seen), ("packets", \.packets), ("bytes", \.bytes),
                ("src", \.src), ("dst", \.dst), ("sport", \.sport), ("dport", \.dport), ("next_hop", \.next_hop),
                ("ifindex", \.ifindex), ("service_id", \.service_id), ("flags", \.flags), ("forward", \.forward),
                ("tcp_seen", \.tcp_seen), ("from_ifindex", \.from_ifindex),
            ]),
        Layout("route_key", route_key_v4.self, [("prefix_length", \.prefix_length), ("addr", \.addr)]),
        Layout("route", route_v4.self, [("flags", \.flags), ("ifindex", \.ifindex), ("node", \.node)]),
        Layout(
            "socket_key", socket_key_v4.self,
            [("cookie", \.cookie), ("addr", \.addr), ("port", \.port), ("pad", \.pad)]),
        Layout(
            "socket", socket_v4.self,
            [("addr", \.addr), ("port", \.port), ("proto", \.proto), ("service_id", \.service_id)]),
        Layout(
            "source_range_key", source_range_key_v4.self,
            [("prefix_length", \.prefix_length), ("service_id", \.service_id), ("addr", \.addr)]),
        Layout(
            "affinity_key", affinity_key_v4.self,
            [("client", \.client), ("service_id", \.service_id), ("kind", \.kind)]),
        Layout(
            "affinity", affinity_v4.self,
            [("last_used", \.last_used), ("addr", \.addr), ("port", \.port), ("pad", \.pad)]),
        Layout(
            "fragment_key", fragment_key_v4.self,
            [("src", \.src), ("dst", \.dst), ("id", \.id), ("proto", \.proto), ("pad", \.pad)]),
        Layout(
            "fragment", fragment_v4.self,
            [("seen", \.seen), ("sport", \.sport), ("dport", \.dport), ("pad", \.pad)]),
    ]

    static let v6: [Layout] = [
        Layout("addr", addr_v6.self, [("word", \.word)]),
        Layout(
            "frontend_key", frontend_key_v6.self,
            [("addr", \.addr), ("port", \.port), ("proto", \.proto), ("aside", \.aside)]),
        Layout(
            "frontend", frontend_v6.self,
            [
                ("service_id", \.service_id), ("first_slot", \.first_slot), ("slot_count", \.slot_count),
                ("local_count", \.local_count), ("affinity_seconds", \.affinity_seconds), ("flags", \.flags),
            ]),
        Layout(
            "slot", slot_v6.self, [("addr", \.addr), ("port", \.port), ("flags", \.flags), ("weight", \.weight)]),
        Layout(
            "connection_key", connection_key_v6.self,
            [
                ("src", \.src), ("dst", \.dst), ("sport", \.sport), ("dport", \.dport), ("proto", \.proto),
                ("pad", \.pad),
            ]),
        Layout(
            "connection", connection_v6.self,
            [
                ("created", \.created), ("last_seen", \.last_seen), ("packets", \.packets), ("bytes", \.bytes),
                ("src", \.src), ("dst", \.dst), ("sport", \.sport), ("dport", \.dport), ("next_hop", \.next_hop),
                ("ifindex", \.ifindex), ("service_id", \.service_id), ("flags", \.flags), ("forward", \.forward),
                ("tcp_seen", \.tcp_seen), ("from_ifindex", \.from_ifindex), ("pad", \.pad),
            ]),
        Layout("route_key", route_key_v6.self, [("prefix_length", \.prefix_length), ("addr", \.addr)]),
        Layout("route", route_v6.self, [("flags", \.flags), ("ifindex", \.ifindex), ("node", \.node)]),
        Layout(
            "socket_key", socket_key_v6.self,
            [("cookie", \.cookie), ("addr", \.addr), ("port", \.port), ("pad", \.pad), ("pad2", \.pad2)]),
        Layout(
            "socket", socket_v6.self,
            [("addr", \.addr), ("port", \.port), ("proto", \.proto), ("service_id", \.service_id)]),
        Layout(
            "source_range_key", source_range_key_v6.self,
            [("prefix_length", \.prefix_length), ("service_id", \.service_id), ("addr", \.addr)]),
        Layout(
            "affinity_key", affinity_key_v6.self,
            [("client", \.client), ("service_id", \.service_id), ("kind", \.kind)]),
        Layout(
            "affinity", affinity_v6.self,
            [("last_used", \.last_used), ("addr", \.addr), ("port", \.port), ("pad", \.pad), ("pad2", \.pad2)]),
        Layout(
            "fragment_key", fragment_key_v6.self,
            [("src", \.src), ("dst", \.dst), ("id", \.id), ("proto", \.proto), ("pad", \.pad)]),
        Layout(
            "fragment", fragment_v6.self,
            [("seen", \.seen), ("sport", \.sport), ("dport", \.dport), ("pad", \.pad)]),
    ]

    static let common: [Layout] = [
        Layout("counter", counter.self, [("packets", \.packets), ("bytes", \.bytes)]),
        Layout(
            "meta", meta.self,
            [
                ("abi_version", \.abi_version), ("next_service_id", \.next_service_id), ("enabled_at", \.enabled_at),
                ("next_slot", \.next_slot), ("tool_version", \.tool_version), ("configuration", \.configuration),
            ]),
        Layout("slot_run", slot_run.self, [("first", \.first), ("table", \.table), ("listed", \.listed)]),
        Layout(
            "service_name", service_name.self,
            [
                ("run", \.run), ("settings", \.settings), ("affinity_seconds", \.affinity_seconds), ("text", \.text),
            ]),
        Layout(
            "trace_tuple", trace_tuple.self,
            [("src", \.src), ("dst", \.dst), ("sport", \.sport), ("dport", \.dport)]),
        Layout(
            "trace_event", trace_event.self,
            [
                ("time", \.time), ("before", \.before), ("after", \.after), ("node", \.node), ("session", \.session),
                ("service_id", \.service_id), ("ifindex", \.ifindex), ("length", \.length),
                ("connection_flags", \.connection_flags), ("reason", \.reason), ("family", \.family),
                ("proto", \.proto), ("tcp_flags", \.tcp_flags), ("program", \.program), ("flags", \.flags),
            ]),
        Layout(
            "trace_end", trace_end.self,
            [("addr", \.addr), ("mask", \.mask), ("port", \.port), ("family", \.family), ("pad", \.pad)]),
        Layout(
            "trace_control", trace_control.self,
            [
                ("until", \.until), ("reasons", \.reasons), ("session", \.session), ("owner", \.owner),
                ("ifindex", \.ifindex), ("family", \.family), ("proto", \.proto),
                ("service_count", \.service_count), ("services", \.services), ("ends", \.ends),
            ]),
        Layout("trace_room", trace_room.self, [("event", \.event), ("key", \.key), ("lost", \.lost)]),
        Layout(
            "dataplane_config", dataplane_config.self,
            [
                ("flags", \.flags), ("port_first", \.port_first), ("port_count", \.port_count),
                ("syn_timeout", \.syn_timeout),
                ("established_timeout", \.established_timeout), ("fin_timeout", \.fin_timeout),
                ("reset_timeout", \.reset_timeout), ("udp_timeout", \.udp_timeout), ("hairpin_v4", \.hairpin_v4),
                ("hairpin_v6", \.hairpin_v6), ("overlay_ifindex", \.overlay_ifindex), ("overlay_port", \.overlay_port),
                ("overlay_mtu_v4", \.overlay_mtu_v4), ("overlay_mtu_v6", \.overlay_mtu_v6), ("pad", \.pad),
                ("host_netns", \.host_netns),
            ]),
    ]
}
