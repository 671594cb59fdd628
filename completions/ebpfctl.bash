# bash completion for ebpfctl, printed by 'ebpfctl completion bash'
# SPDX-License-Identifier: Apache-2.0

# Moves 'path' on by one word, from any spelling to the canonical one.
_ebpfctl_step() {
    case "$path/$1" in
    '/check') path='check' ;;
    '/enable') path='enable' ;;
    '/disable') path='disable' ;;
    '/status') path='status' ;;
    '/trace') path='trace' ;;
    '/diags') path='diags' ;;
    '/cleanup') path='cleanup' ;;
    '/demo') path='demo' ;;
    '/completion') path='completion' ;;
    '/version') path='version' ;;
    '/help') path='help' ;;
    '/service' | '/services' | '/svc' | '/nat') path='service' ;;
    '/backend' | '/backends') path='backend' ;;
    '/affinity') path='affinity' ;;
    '/conntrack' | '/ct') path='conntrack' ;;
    '/route' | '/routes') path='route' ;;
    '/neighbor' | '/neighbors' | '/arp') path='neighbor' ;;
    '/program' | '/programs') path='program' ;;
    '/connect-time') path='connect-time' ;;
    '/interface' | '/interfaces' | '/ifstate') path='interface' ;;
    '/map' | '/maps') path='map' ;;
    '/counter' | '/counters') path='counter' ;;
    'service/list' | 'service/dump') path='service list' ;;
    'service/get') path='service get' ;;
    'service/set') path='service set' ;;
    'service/delete') path='service delete' ;;
    'service/apply') path='service apply' ;;
    'service/export') path='service export' ;;
    'backend/list' | 'backend/dump') path='backend list' ;;
    'backend/add') path='backend add' ;;
    'backend/remove' | 'backend/delete') path='backend remove' ;;
    'backend/drain') path='backend drain' ;;
    'affinity/list' | 'affinity/dump') path='affinity list' ;;
    'affinity/clear') path='affinity clear' ;;
    'conntrack/list' | 'conntrack/dump') path='conntrack list' ;;
    'conntrack/get') path='conntrack get' ;;
    'conntrack/delete') path='conntrack delete' ;;
    'conntrack/stats') path='conntrack stats' ;;
    'conntrack/sweep') path='conntrack sweep' ;;
    'route/list' | 'route/dump') path='route list' ;;
    'route/get') path='route get' ;;
    'route/add') path='route add' ;;
    'route/delete') path='route delete' ;;
    'route/sync') path='route sync' ;;
    'neighbor/list' | 'neighbor/dump') path='neighbor list' ;;
    'program/list' | 'program/dump') path='program list' ;;
    'program/attach') path='program attach' ;;
    'program/detach') path='program detach' ;;
    'program/profile') path='program profile' ;;
    'connect-time/status') path='connect-time status' ;;
    'connect-time/attach') path='connect-time attach' ;;
    'connect-time/detach' | 'connect-time/clean') path='connect-time detach' ;;
    'interface/list' | 'interface/dump') path='interface list' ;;
    'map/list' | 'map/dump') path='map list' ;;
    'counter/list' | 'counter/dump') path='counter list' ;;
    'counter/explain') path='counter explain' ;;
    'counter/reset') path='counter reset' ;;
    *) path='?' ;;
    esac
}

# Sets 'value' to the kind of an option's value, to nothing for a flag.
_ebpfctl_value() {
    value=
    case "$path $1" in
    *' -o' | *' --output') value='words table wide json yaml name' ;;
    *' --bpffs') value=directories ;;
    *' --cgroup') value=directories ;;
    *' --color') value='words auto always never' ;;
    *' --timeout') value=free ;;
    'check --require') value='words core connect-time direct-forwarding tcx ipv6 node-port-across-nodes' ;;
    'check --ignore') value='words kernel.version kernel.architecture kernel.lockdown capabilities bpf.syscall bpf.btf bpf.jit bpf.map.hash bpf.map.array bpf.map.lru-hash bpf.map.lpm-trie bpf.map.percpu-array bpf.map.ringbuf bpf.program.sched-cls bpf.program.cgroup-sock-addr bpf.helper.skb-store-bytes bpf.helper.skb-load-bytes bpf.helper.skb-change-type bpf.helper.skb-change-tail bpf.helper.skb-change-head bpf.helper.skb-set-tunnel-key bpf.helper.skb-get-tunnel-key bpf.helper.redirect bpf.helper.csum-diff bpf.helper.l4-csum-replace bpf.helper.csum-update bpf.helper.skb-pull-data bpf.helper.get-socket-cookie bpf.helper.fib-lookup bpf.helper.redirect-neigh bpf.helper.redirect-peer bpf.helper.get-netns-cookie bpf.helper.ringbuf-output bpf.helper.ktime-get-coarse-ns bpf.helper.set-retval bpf.tcx bpf.batch mount.bpffs mount.cgroup2 bpf.attach.cgroup program.connect_v4 program.connect_v6 program.from_workload_v4 program.from_workload_v6 program.to_workload_v4 program.to_workload_v6 program.from_uplink_v4 program.from_uplink_v6 program.to_uplink_v4 program.to_uplink_v6 program.from_overlay_v4 program.from_overlay_v6 net.ip-forward net.ipv6 net.ipv6-forward net.rp-filter net.uplink net.vxlan net.overlay-port kube-proxy.process kube-proxy.iptables kube-proxy.nftables kube-proxy.ipvs foreign.calico foreign.cilium policy.forward-hook' ;;
    'enable --config') value=files ;;
    'enable --uplink') value='live interface list -q' ;;
    'enable --workload') value=free ;;
    'enable --node-address') value=free ;;
    'enable --node-port-range') value=free ;;
    'enable --source-port-range') value=free ;;
    'enable --connect-time') value='words all tcp off' ;;
    'enable --forwarding') value='words auto direct stack' ;;
    'enable --return') value='words tunnel dsr' ;;
    'enable --no-dsr') value=free ;;
    'enable --overlay-port') value=free ;;
    'enable --source-check') value='words off strict' ;;
    'enable --map-size') value=free ;;
    'enable --kube-proxy') value='words keep remove' ;;
    'disable --drain') value=free ;;
    'status --probe') value='live service list -q' ;;
    'trace --proto') value='words tcp udp' ;;
    'trace --address') value=free ;;
    'trace --port') value=free ;;
    'trace --src') value=free ;;
    'trace --dst') value=free ;;
    'trace --service') value='live service list -q' ;;
    'trace --interface') value='live interface list -q' ;;
    'trace --event') value='words new forward socket pass drop reject note' ;;
    'trace --reason') value='words not-ip not-service no-connection not-tcp-udp fragment extension-header truncated malformed no-backend ttl-expired host-to-itself client-side forward-stack forward-peer forward-neighbor tracked slot-missing table-full collision write-failed socket-translated socket-restored socket-not-service socket-no-backend socket-slot-missing socket-table-full new-connection expired port-replaced no-way vlan forward-tunnel overlay overlay-unknown-sender overlay-unserved no-node unreachable-sent too-big-sent source-denied spoofed icmp-unrelated icmp-translated socket-left-to-packets other-workload other-machine overlay-injected no-local-backend' ;;
    'trace --duration') value=free ;;
    'trace --limit') value=free ;;
    'diags -f' | 'diags --file') value=files ;;
    'service list --interval') value=free ;;
    'service set --vip') value=free ;;
    'service set --node-port') value=free ;;
    'service set --external-ip') value=free ;;
    'service set --load-balancer') value=free ;;
    'service set --backend') value=free ;;
    'service set --affinity') value=free ;;
    'service set --external-policy') value='words cluster local' ;;
    'service set --internal-policy') value='words cluster local' ;;
    'service set --source-range') value=free ;;
    'service set --algorithm') value='words random maglev' ;;
    'service apply -f' | 'service apply --file') value=files ;;
    'service apply --node') value=free ;;
    'service apply --allow-external-ips') value=free ;;
    'service export --node') value=free ;;
    'conntrack list --proto') value='words tcp udp' ;;
    'conntrack list --src') value=free ;;
    'conntrack list --dst') value=free ;;
    'conntrack list --backend') value=free ;;
    'conntrack list --service') value='live service list -q' ;;
    'conntrack list --state') value='words syn-sent established fin-seen closed reset' ;;
    'conntrack list --sort') value='words age idle bytes packets' ;;
    'conntrack list --limit') value=free ;;
    'conntrack list --interval') value=free ;;
    'conntrack delete --proto') value='words tcp udp' ;;
    'conntrack delete --src') value=free ;;
    'conntrack delete --dst') value=free ;;
    'conntrack delete --backend') value=free ;;
    'conntrack delete --service') value='live service list -q' ;;
    'conntrack delete --state') value='words syn-sent established fin-seen closed reset' ;;
    'route add --local') value='live interface list -q' ;;
    'route add --via') value=free ;;
    'program attach --interface') value='live interface list -q' ;;
    'program attach --hook') value='words ingress egress' ;;
    'program detach --interface') value='live interface list -q' ;;
    'program detach --hook') value='words ingress egress' ;;
    'program profile --duration') value=free ;;
    'counter list --interval') value=free ;;
    'demo --return') value='words tunnel dsr' ;;
    esac
}

# Sets what may follow 'path': a word of 'next', or 'options' and 'arguments', the last perhaps repeating.
_ebpfctl_expect() {
    next= repeats= arguments=()
    options='-o --output --no-headers -q --quiet -4 --ipv4 -6 --ipv6 --bpffs --cgroup --color -v --verbose --timeout -h --help'
    case "$path" in
    '') next='check enable disable status trace diags cleanup demo completion version help service backend affinity conntrack route neighbor program connect-time interface map counter' ;;
    'service') next='list get set delete apply export' ;;
    'backend') next='list add remove drain' ;;
    'affinity') next='list clear' ;;
    'conntrack') next='list get delete stats sweep' ;;
    'route') next='list get add delete sync' ;;
    'neighbor') next='list' ;;
    'program') next='list attach detach profile' ;;
    'connect-time') next='status attach detach' ;;
    'interface') next='list' ;;
    'map') next='list' ;;
    'counter') next='list explain reset' ;;
    'check') options+=' --require --ignore' ;;
    'enable') options+=' --config --uplink --workload --node-address --node-port-range --source-port-range --connect-time --forwarding --return --no-dsr --overlay-port --source-check --map-size --kube-proxy --dry-run' ;;
    'disable') options+=' --drain --dry-run' ;;
    'status') options+=' --probe' ;;
    'trace') options+=' --proto --address --port --src --dst --service --interface --event --reason --duration --limit' ;;
    'diags') options+=' -f --file' ;;
    'service list') options+=' --watch --interval' arguments=('live service list -q') ;;
    'service get') arguments=('live service list -q') ;;
    'service set') options+=' --vip --node-port --external-ip --load-balancer --backend --affinity --external-policy --internal-policy --source-range --algorithm --close-tcp --dry-run' arguments=('live service list -q') ;;
    'service delete') options+=' --close-tcp --dry-run' arguments=('live service list -q') repeats=1 ;;
    'service apply') options+=' -f --file --node --allow-external-ips --prune --close-tcp --dry-run' ;;
    'service export') options+=' --kubernetes --node' arguments=('live service list -q') repeats=1 ;;
    'backend list') arguments=('live service list -q') ;;
    'backend add') options+=' --dry-run' arguments=('live service list -q' free) repeats=1 ;;
    'backend remove') options+=' --close-tcp --dry-run' arguments=('live service list -q' free) repeats=1 ;;
    'backend drain') options+=' --dry-run' arguments=('live service list -q' free) repeats=1 ;;
    'affinity list') arguments=('live service list -q') ;;
    'affinity clear') options+=' --dry-run' arguments=('live service list -q') ;;
    'conntrack list') options+=' --proto --src --dst --backend --service --state --sort --limit --watch --interval' ;;
    'conntrack get') arguments=(free) repeats=1 ;;
    'conntrack delete') options+=' --proto --src --dst --backend --service --state --all --reset --dry-run' arguments=(free) repeats=1 ;;
    'conntrack sweep') options+=' --dry-run' ;;
    'route get') arguments=(free) ;;
    'route add') options+=' --workload --host --local --via --no-dsr --dry-run' arguments=(free) ;;
    'route delete') options+=' --dry-run' arguments=('live route list -q') repeats=1 ;;
    'route sync') options+=' --dry-run' ;;
    'program attach') options+=' --interface --hook --dry-run' arguments=('live program list -q') ;;
    'program detach') options+=' --interface --hook --dry-run' arguments=('live program list -q') ;;
    'program profile') options+=' --duration --all' ;;
    'connect-time attach') options+=' --dry-run' ;;
    'connect-time detach') options+=' --dry-run' ;;
    'counter list') options+=' --watch --interval' ;;
    'counter explain') arguments=('words not-ip not-service no-connection not-tcp-udp fragment extension-header truncated malformed no-backend ttl-expired host-to-itself client-side forward-stack forward-peer forward-neighbor tracked slot-missing table-full collision write-failed socket-translated socket-restored socket-not-service socket-no-backend socket-slot-missing socket-table-full new-connection expired port-replaced no-way vlan forward-tunnel overlay overlay-unknown-sender overlay-unserved no-node unreachable-sent too-big-sent source-denied spoofed icmp-unrelated icmp-translated socket-left-to-packets other-workload other-machine overlay-injected no-local-backend') repeats=1 ;;
    'counter reset') options+=' --dry-run' ;;
    'cleanup') options+=' --dry-run' ;;
    'demo') options+=' --return --keep --clean' arguments=(free) ;;
    'completion') arguments=('words bash zsh fish') ;;
    'help') arguments=('words check enable disable status trace diags cleanup demo completion version help service backend affinity conntrack route neighbor program connect-time interface map counter') repeats=1 ;;
    esac
}

# Offers those words that begin with the first argument; they are data and never expanded.
_ebpfctl_offer() {
    local start=$1 word quoted
    shift
    for word; do
        [[ $word == "$start"* ]] || continue
        printf -v quoted %q "$word"
        COMPREPLY+=("$quoted")
    done
}

# Completes the text $2 of a value of the kind $1.
_ebpfctl_complete() {
    local -a names
    case $1 in
    words\ *)
        read -ra names <<<"${1#words }"
        _ebpfctl_offer "$2" "${names[@]}"
        ;;
    live\ *)
        read -ra names <<<"${1#live }"
        mapfile -t names < <("$tool" "${names[@]}" 2>/dev/null)
        _ebpfctl_offer "$2" "${names[@]}"
        ;;
    files | directories)
        compopt -o filenames 2>/dev/null
        [[ $1 == files ]] && mapfile -t COMPREPLY < <(compgen -f -- "$2")
        [[ $1 == directories ]] && mapfile -t COMPREPLY < <(compgen -d -- "$2")
        ;;
    esac
}

_ebpfctl() {
    local line=${COMP_LINE:0:COMP_POINT} tool=$1
    local path= value= next= repeats= options= expecting= ended= head= breaks= current word i count=0
    local -a words arguments
    COMPREPLY=()
    [[ $tool == \~/* ]] && tool=$HOME/${tool#\~/}
    # The line is split here, because bash would also split at ':' and '='.
    IFS=$' \t\n' read -ra words <<<"$line"
    [[ $line == *[[:space:]] ]] && words+=('')
    current=${words[${#words[@]} - 1]}
    for ((i = 1; i < ${#words[@]} - 1; i++)); do
        word=${words[i]}
        if [[ $expecting ]]; then
            expecting=
            continue
        fi
        if [[ ! $ended ]]; then
            case $word in
            --) ended=1 && continue ;;
            --*=*) continue ;;
            -?*)
                _ebpfctl_value "$word"
                expecting=$value
                continue
                ;;
            esac
        fi
        _ebpfctl_expect
        if [[ $next ]]; then _ebpfctl_step "$word"; else count=$((count + 1)); fi
    done
    _ebpfctl_expect
    if [[ $expecting ]]; then
        _ebpfctl_complete "$expecting" "$current"
    elif [[ ! $ended && $current == --*=* ]]; then
        _ebpfctl_value "${current%%=*}"
        head=${current%%=*}=
        _ebpfctl_complete "$value" "${current#*=}"
    elif [[ ! $ended && $current == -* ]]; then
        _ebpfctl_complete "words $options" "$current"
    elif [[ $next ]]; then
        _ebpfctl_complete "words $next" "$current"
    else
        ((repeats && count >= ${#arguments[@]})) && count=$((${#arguments[@]} - 1))
        _ebpfctl_complete "${arguments[count]-free}" "$current"
    fi
    ((${#COMPREPLY[@]})) || return 0
    COMPREPLY=("${COMPREPLY[@]/#/$head}")
    # Readline replaces only what follows the last of these characters in the word.
    [[ $COMP_WORDBREAKS == *:* ]] && breaks+=:
    [[ $COMP_WORDBREAKS == *=* ]] && breaks+==
    if [[ $breaks && $current == *["$breaks"]* ]]; then
        head=${current%"${current##*["$breaks"]}"}
        COMPREPLY=("${COMPREPLY[@]#"$head"}")
    fi
}

complete -F _ebpfctl ebpfctl
