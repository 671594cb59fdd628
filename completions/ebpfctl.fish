# fish completion for ebpfctl, printed by 'ebpfctl completion fish'
# SPDX-License-Identifier: Apache-2.0

# Prints the path after one more word, canonically spelt; nothing when the word is an argument.
function __ebpfctl_step
    switch "$argv[1]/$argv[2]"
        case '/check'
            echo 'check'
        case '/enable'
            echo 'enable'
        case '/disable'
            echo 'disable'
        case '/status'
            echo 'status'
        case '/demo'
            echo 'demo'
        case '/completion'
            echo 'completion'
        case '/version'
            echo 'version'
        case '/help'
            echo 'help'
        case '/service' '/services' '/svc' '/nat'
            echo 'service'
        case '/backend' '/backends'
            echo 'backend'
        case '/affinity'
            echo 'affinity'
        case '/conntrack' '/ct'
            echo 'conntrack'
        case '/route' '/routes'
            echo 'route'
        case '/program' '/programs'
            echo 'program'
        case '/interface' '/interfaces' '/ifstate'
            echo 'interface'
        case '/counter' '/counters'
            echo 'counter'
        case 'service/list' 'service/dump'
            echo 'service list'
        case 'service/get'
            echo 'service get'
        case 'service/set'
            echo 'service set'
        case 'service/delete'
            echo 'service delete'
        case 'backend/list' 'backend/dump'
            echo 'backend list'
        case 'backend/add'
            echo 'backend add'
        case 'backend/remove' 'backend/delete'
            echo 'backend remove'
        case 'backend/drain'
            echo 'backend drain'
        case 'affinity/list' 'affinity/dump'
            echo 'affinity list'
        case 'affinity/clear'
            echo 'affinity clear'
        case 'conntrack/list' 'conntrack/dump'
            echo 'conntrack list'
        case 'conntrack/get'
            echo 'conntrack get'
        case 'conntrack/delete'
            echo 'conntrack delete'
        case 'conntrack/stats'
            echo 'conntrack stats'
        case 'conntrack/sweep'
            echo 'conntrack sweep'
        case 'route/list' 'route/dump'
            echo 'route list'
        case 'route/get'
            echo 'route get'
        case 'route/add'
            echo 'route add'
        case 'route/delete'
            echo 'route delete'
        case 'route/sync'
            echo 'route sync'
        case 'program/list' 'program/dump'
            echo 'program list'
        case 'program/attach'
            echo 'program attach'
        case 'program/detach'
            echo 'program detach'
        case 'interface/list' 'interface/dump'
            echo 'interface list'
        case 'counter/list' 'counter/dump'
            echo 'counter list'
        case '/*' 'service/*' 'backend/*' 'affinity/*' 'conntrack/*' 'route/*' 'program/*' 'interface/*' 'counter/*'
            echo '?'
    end
end

# Succeeds when an option takes a separate value: its path and its spelling.
function __ebpfctl_takes_value
    for pattern in '* -o' '* --output' '* --bpffs' '* --cgroup' '* --color' '* --timeout' 'check --require' 'check --ignore' 'enable --uplink' 'enable --workload' 'enable --node-address' 'enable --node-port-range' 'enable --source-port-range' 'enable --connect-time' 'enable --forwarding' 'enable --return' 'enable --no-dsr' 'enable --overlay-port' 'enable --source-check' 'enable --map-size' 'service set --vip' 'service set --node-port' 'service set --external-ip' 'service set --load-balancer' 'service set --backend' 'service set --affinity' 'service set --external-policy' 'service set --internal-policy' 'service set --source-range' 'service set --algorithm' 'conntrack list --proto' 'conntrack list --src' 'conntrack list --dst' 'conntrack list --backend' 'conntrack list --service' 'conntrack list --state' 'conntrack list --sort' 'conntrack list --limit' 'conntrack delete --proto' 'conntrack delete --src' 'conntrack delete --dst' 'conntrack delete --backend' 'conntrack delete --service' 'conntrack delete --state' 'route add --local' 'route add --via' 'program attach --interface' 'program attach --hook' 'program detach --interface' 'program detach --hook' 'demo --return'
        string match -q -- $pattern "$argv[1] $argv[2]"; and return 0
    end
    return 1
end

# Finds the path that the words before the cursor lead to, and the number of the argument under the cursor.
function __ebpfctl_read
    set -l words (commandline -opc)
    test "$__ebpfctl_words" = "$words"; and return
    set -g __ebpfctl_words $words
    set -g __ebpfctl_path ''
    set -g __ebpfctl_count 1
    set -l skip 0
    set -l ended 0
    for word in $words[2..]
        if test $skip = 1
            set skip 0
            continue
        end
        if test $ended = 0
            if test "$word" = --
                set ended 1
                continue
            else if string match -q -- '--*=*' $word
                continue
            else if string match -q -- '-?*' $word
                __ebpfctl_takes_value "$__ebpfctl_path" $word; and set skip 1
                continue
            end
        end
        if set -l path (__ebpfctl_step "$__ebpfctl_path" $word); and test -n "$path"
            set __ebpfctl_path $path
        else
            set __ebpfctl_count (math $__ebpfctl_count + 1)
        end
    end
end

# Succeeds when the words before the cursor lead to the path $argv[1] and the word under the cursor is the
# argument with the number $argv[2]; 'N-' stands for it and all later ones.
function __ebpfctl_at
    __ebpfctl_read
    test "$__ebpfctl_path" = "$argv[1]"; or return 1
    switch "$argv[2]"
        case ''
            return 0
        case '*-'
            test $__ebpfctl_count -ge (string trim -c - -- $argv[2])
        case '*'
            test $__ebpfctl_count -eq $argv[2]
    end
end

# Prints what the tool lists when run with these words.
function __ebpfctl_live
    set -l words (commandline -opc)
    set -l tool (string replace -r '^~(?=/)' $HOME -- $words[1])
    command $tool $argv 2>/dev/null
end

complete -c ebpfctl -f
complete -c ebpfctl -n '__ebpfctl_at ""' -a 'check' -d 'Find out what this node can run, and change nothing'
complete -c ebpfctl -n '__ebpfctl_at ""' -a 'enable' -d 'Put the dataplane on this node, or bring it up to date'
complete -c ebpfctl -n '__ebpfctl_at ""' -a 'disable' -d 'Take the dataplane off this node without a trace'
complete -c ebpfctl -n '__ebpfctl_at ""' -a 'status' -d 'Show whether the dataplane works, and how it is configured'
complete -c ebpfctl -n '__ebpfctl_at ""' -a 'demo' -d 'Show the whole thing at work in a lab on this machine'
complete -c ebpfctl -n '__ebpfctl_at ""' -a 'completion' -d 'Print a completion script for a shell'
complete -c ebpfctl -n '__ebpfctl_at ""' -a 'version' -d 'Print the version of this tool'
complete -c ebpfctl -n '__ebpfctl_at ""' -a 'help' -d 'Explain a command, or list them all'
complete -c ebpfctl -n '__ebpfctl_at ""' -a 'service' -d 'Virtual addresses and who serves them'
complete -c ebpfctl -n '__ebpfctl_at ""' -a 'backend' -d 'The servers behind services'
complete -c ebpfctl -n '__ebpfctl_at ""' -a 'affinity' -d 'Clients that services keep on a backend'
complete -c ebpfctl -n '__ebpfctl_at ""' -a 'conntrack' -d 'Tracked connections'
complete -c ebpfctl -n '__ebpfctl_at ""' -a 'route' -d 'Which interface or node an address lives on'
complete -c ebpfctl -n '__ebpfctl_at ""' -a 'program' -d 'The eBPF programs and where they are attached'
complete -c ebpfctl -n '__ebpfctl_at ""' -a 'interface' -d 'Network interfaces and their roles'
complete -c ebpfctl -n '__ebpfctl_at ""' -a 'counter' -d 'Packets and socket calls by what became of them'
complete -c ebpfctl -s o -l output -r -f -a 'table wide json yaml name' -d 'Format of the result'
complete -c ebpfctl -l no-headers -d 'Tables without their header line'
complete -c ebpfctl -s q -l quiet -d 'Print identifiers only'
complete -c ebpfctl -s 4 -l ipv4 -d 'IPv4 only'
complete -c ebpfctl -s 6 -l ipv6 -d 'IPv6 only'
complete -c ebpfctl -l bpffs -r -f -a '(__fish_complete_directories (commandline -ct))' -d 'Where the bpffs is'
complete -c ebpfctl -l cgroup -r -f -a '(__fish_complete_directories (commandline -ct))' -d 'The cgroup to balance sockets of'
complete -c ebpfctl -l color -r -f -a 'auto always never' -d 'Colours in tables'
complete -c ebpfctl -s v -l verbose -d 'Show what libbpf and the verifier say'
complete -c ebpfctl -l timeout -r -f -d 'Give up waiting after this long'
complete -c ebpfctl -s h -l help -d 'Show help and do nothing else'
complete -c ebpfctl -n '__ebpfctl_at "service"' -a 'list' -d 'List services'
complete -c ebpfctl -n '__ebpfctl_at "service"' -a 'get' -d 'Show one service with its frontends and backends'
complete -c ebpfctl -n '__ebpfctl_at "service"' -a 'set' -d 'Create a service or replace it'
complete -c ebpfctl -n '__ebpfctl_at "service"' -a 'delete' -d 'Delete services'
complete -c ebpfctl -n '__ebpfctl_at "backend"' -a 'list' -d 'List backends'
complete -c ebpfctl -n '__ebpfctl_at "backend"' -a 'add' -d 'Add backends to a service, or give them another weight'
complete -c ebpfctl -n '__ebpfctl_at "backend"' -a 'remove' -d 'Take backends away from a service'
complete -c ebpfctl -n '__ebpfctl_at "backend"' -a 'drain' -d 'Give backends no new connections'
complete -c ebpfctl -n '__ebpfctl_at "affinity"' -a 'list' -d 'List the clients that are kept on a backend'
complete -c ebpfctl -n '__ebpfctl_at "affinity"' -a 'clear' -d 'Let clients go that are kept on a backend'
complete -c ebpfctl -n '__ebpfctl_at "conntrack"' -a 'list' -d 'List tracked connections'
complete -c ebpfctl -n '__ebpfctl_at "conntrack"' -a 'get' -d 'Show one tracked connection'
complete -c ebpfctl -n '__ebpfctl_at "conntrack"' -a 'delete' -d 'Forget tracked connections'
complete -c ebpfctl -n '__ebpfctl_at "conntrack"' -a 'stats' -d 'Show how the connection table is used'
complete -c ebpfctl -n '__ebpfctl_at "conntrack"' -a 'sweep' -d 'Remove connections that have been idle for too long'
complete -c ebpfctl -n '__ebpfctl_at "route"' -a 'list' -d 'List routes'
complete -c ebpfctl -n '__ebpfctl_at "route"' -a 'get' -d 'Show the route that a packet to an address takes'
complete -c ebpfctl -n '__ebpfctl_at "route"' -a 'add' -d 'Say where addresses live'
complete -c ebpfctl -n '__ebpfctl_at "route"' -a 'delete' -d 'Delete routes'
complete -c ebpfctl -n '__ebpfctl_at "route"' -a 'sync' -d 'Make the routes equal to the kernel\'s addresses and routes'
complete -c ebpfctl -n '__ebpfctl_at "program"' -a 'list' -d 'List the programs and where they are attached'
complete -c ebpfctl -n '__ebpfctl_at "program"' -a 'attach' -d 'Attach a program by hand'
complete -c ebpfctl -n '__ebpfctl_at "program"' -a 'detach' -d 'Detach a program'
complete -c ebpfctl -n '__ebpfctl_at "interface"' -a 'list' -d 'List interfaces with their roles, and why they have them'
complete -c ebpfctl -n '__ebpfctl_at "counter"' -a 'list' -d 'Show what became of packets and socket calls'
complete -c ebpfctl -n '__ebpfctl_at "check"' -l require -r -f -a 'core connect-time direct-forwarding tcx ipv6 node-port-across-nodes' -d 'Feature without which the node is not eligible, besides core'
complete -c ebpfctl -n '__ebpfctl_at "check"' -l ignore -r -f -a 'kernel.version kernel.architecture kernel.lockdown capabilities bpf.syscall bpf.btf bpf.jit bpf.map.hash bpf.map.array bpf.map.lru-hash bpf.map.lpm-trie bpf.map.percpu-array bpf.program.sched-cls bpf.program.cgroup-sock-addr bpf.helper.skb-store-bytes bpf.helper.skb-load-bytes bpf.helper.skb-change-type bpf.helper.skb-change-tail bpf.helper.skb-change-head bpf.helper.skb-set-tunnel-key bpf.helper.skb-get-tunnel-key bpf.helper.redirect bpf.helper.csum-diff bpf.helper.l4-csum-replace bpf.helper.csum-update bpf.helper.skb-pull-data bpf.helper.get-socket-cookie bpf.helper.fib-lookup bpf.helper.redirect-neigh bpf.helper.redirect-peer bpf.helper.get-netns-cookie bpf.helper.ktime-get-coarse-ns bpf.helper.set-retval bpf.tcx bpf.batch mount.bpffs mount.cgroup2 bpf.attach.cgroup program.connect_v4 program.connect_v6 program.from_workload_v4 program.from_workload_v6 program.to_workload_v4 program.to_workload_v6 program.from_uplink_v4 program.from_uplink_v6 program.to_uplink_v4 program.to_uplink_v6 program.from_overlay_v4 program.from_overlay_v6 net.ip-forward net.ipv6 net.ipv6-forward net.rp-filter net.uplink net.vxlan net.overlay-port kube-proxy.process kube-proxy.iptables kube-proxy.nftables kube-proxy.ipvs foreign.calico foreign.cilium policy.forward-hook' -d 'Check to leave out of the verdicts'
complete -c ebpfctl -n '__ebpfctl_at "enable"' -l uplink -r -f -a '(__ebpfctl_live interface list -q)' -d 'Interface that leads to other nodes and clients'
complete -c ebpfctl -n '__ebpfctl_at "enable"' -l workload -r -f -d 'Shell pattern for the interfaces that lead to pods'
complete -c ebpfctl -n '__ebpfctl_at "enable"' -l node-address -r -f -d 'Address at which other nodes reach this one'
complete -c ebpfctl -n '__ebpfctl_at "enable"' -l node-port-range -r -f -d 'Ports that services may use as node ports'
complete -c ebpfctl -n '__ebpfctl_at "enable"' -l source-port-range -r -f -d 'Ports that stand in for a client\'s own when that is taken at the backend'
complete -c ebpfctl -n '__ebpfctl_at "enable"' -l connect-time -r -f -a 'all tcp off' -d 'Balance sockets as they connect'
complete -c ebpfctl -n '__ebpfctl_at "enable"' -l forwarding -r -f -a 'auto direct stack' -d 'How translated packets travel'
complete -c ebpfctl -n '__ebpfctl_at "enable"' -l return -r -f -a 'tunnel dsr' -d 'How replies from another node\'s backend return'
complete -c ebpfctl -n '__ebpfctl_at "enable"' -l no-dsr -r -f -d 'Clients whose replies always return by the tunnel'
complete -c ebpfctl -n '__ebpfctl_at "enable"' -l overlay-port -r -f -d 'UDP port of the tunnel between nodes; 0 for none'
complete -c ebpfctl -n '__ebpfctl_at "enable"' -l source-check -r -f -a 'off strict' -d 'Drop what a workload sends from another\'s address'
complete -c ebpfctl -n '__ebpfctl_at "enable"' -l map-size -r -f -d 'Room in a map, such as connections=500000'
complete -c ebpfctl -n '__ebpfctl_at "enable"' -l dry-run -d 'Say what would be done, and do nothing'
complete -c ebpfctl -n '__ebpfctl_at "disable"' -l dry-run -d 'Say what would be done, and do nothing'
complete -c ebpfctl -n '__ebpfctl_at "service list" 1' -a '(__ebpfctl_live service list -q)'
complete -c ebpfctl -n '__ebpfctl_at "service get" 1' -a '(__ebpfctl_live service list -q)'
complete -c ebpfctl -n '__ebpfctl_at "service set"' -l vip -r -f -d 'Cluster address that clients connect to'
complete -c ebpfctl -n '__ebpfctl_at "service set"' -l node-port -r -f -d 'Port on every address of the node'
complete -c ebpfctl -n '__ebpfctl_at "service set"' -l external-ip -r -f -d 'Address that is routed to the nodes from outside'
complete -c ebpfctl -n '__ebpfctl_at "service set"' -l load-balancer -r -f -d 'Address of the load balancer in front of the nodes'
complete -c ebpfctl -n '__ebpfctl_at "service set"' -l backend -r -f -d 'Server, with its share of the connections (1…100, default 1)'
complete -c ebpfctl -n '__ebpfctl_at "service set"' -l affinity -r -f -d 'Keep a client on its backend until it has opened no connection for this long, 1s…1d'
complete -c ebpfctl -n '__ebpfctl_at "service set"' -l external-policy -r -f -a 'cluster local' -d 'Nodes whose backends serve clients outside the cluster'
complete -c ebpfctl -n '__ebpfctl_at "service set"' -l internal-policy -r -f -a 'cluster local' -d 'Nodes whose backends serve clients of --vip'
complete -c ebpfctl -n '__ebpfctl_at "service set"' -l source-range -r -f -d 'Clients that may use the other addresses than --vip; without any, all'
complete -c ebpfctl -n '__ebpfctl_at "service set"' -l algorithm -r -f -a 'random maglev' -d 'How a backend is drawn, by maglev alike on all nodes'
complete -c ebpfctl -n '__ebpfctl_at "service set"' -l close-tcp -d 'End TCP connections to backends that are removed, too'
complete -c ebpfctl -n '__ebpfctl_at "service set"' -l dry-run -d 'Say what would be done, and do nothing'
complete -c ebpfctl -n '__ebpfctl_at "service set" 1' -a '(__ebpfctl_live service list -q)'
complete -c ebpfctl -n '__ebpfctl_at "service delete"' -l close-tcp -d 'End TCP connections to backends that are removed, too'
complete -c ebpfctl -n '__ebpfctl_at "service delete"' -l dry-run -d 'Say what would be done, and do nothing'
complete -c ebpfctl -n '__ebpfctl_at "service delete" 1-' -a '(__ebpfctl_live service list -q)'
complete -c ebpfctl -n '__ebpfctl_at "backend list" 1' -a '(__ebpfctl_live service list -q)'
complete -c ebpfctl -n '__ebpfctl_at "backend add"' -l dry-run -d 'Say what would be done, and do nothing'
complete -c ebpfctl -n '__ebpfctl_at "backend add" 1' -a '(__ebpfctl_live service list -q)'
complete -c ebpfctl -n '__ebpfctl_at "backend remove"' -l close-tcp -d 'End TCP connections to backends that are removed, too'
complete -c ebpfctl -n '__ebpfctl_at "backend remove"' -l dry-run -d 'Say what would be done, and do nothing'
complete -c ebpfctl -n '__ebpfctl_at "backend remove" 1' -a '(__ebpfctl_live service list -q)'
complete -c ebpfctl -n '__ebpfctl_at "backend drain"' -l dry-run -d 'Say what would be done, and do nothing'
complete -c ebpfctl -n '__ebpfctl_at "backend drain" 1' -a '(__ebpfctl_live service list -q)'
complete -c ebpfctl -n '__ebpfctl_at "affinity list" 1' -a '(__ebpfctl_live service list -q)'
complete -c ebpfctl -n '__ebpfctl_at "affinity clear"' -l dry-run -d 'Say what would be done, and do nothing'
complete -c ebpfctl -n '__ebpfctl_at "affinity clear" 1' -a '(__ebpfctl_live service list -q)'
complete -c ebpfctl -n '__ebpfctl_at "conntrack list"' -l proto -r -f -a 'tcp udp' -d 'Protocol: tcp or udp'
complete -c ebpfctl -n '__ebpfctl_at "conntrack list"' -l src -r -f -d 'Client address, block of addresses, or :PORT'
complete -c ebpfctl -n '__ebpfctl_at "conntrack list"' -l dst -r -f -d 'Address that the client sees'
complete -c ebpfctl -n '__ebpfctl_at "conntrack list"' -l backend -r -f -d 'Who serves it'
complete -c ebpfctl -n '__ebpfctl_at "conntrack list"' -l service -r -f -a '(__ebpfctl_live service list -q)' -d 'Service; without a port in its name, all its ports'
complete -c ebpfctl -n '__ebpfctl_at "conntrack list"' -l state -r -f -a 'syn-sent established fin-seen closed reset' -d 'State of a TCP connection: syn-sent, established, fin-seen, closed or reset'
complete -c ebpfctl -n '__ebpfctl_at "conntrack list"' -l sort -r -f -a 'age idle bytes packets' -d 'Largest first'
complete -c ebpfctl -n '__ebpfctl_at "conntrack list"' -l limit -r -f -d 'At most so many'
complete -c ebpfctl -n '__ebpfctl_at "conntrack delete"' -l proto -r -f -a 'tcp udp' -d 'Protocol: tcp or udp'
complete -c ebpfctl -n '__ebpfctl_at "conntrack delete"' -l src -r -f -d 'Client address, block of addresses, or :PORT'
complete -c ebpfctl -n '__ebpfctl_at "conntrack delete"' -l dst -r -f -d 'Address that the client sees'
complete -c ebpfctl -n '__ebpfctl_at "conntrack delete"' -l backend -r -f -d 'Who serves it'
complete -c ebpfctl -n '__ebpfctl_at "conntrack delete"' -l service -r -f -a '(__ebpfctl_live service list -q)' -d 'Service; without a port in its name, all its ports'
complete -c ebpfctl -n '__ebpfctl_at "conntrack delete"' -l state -r -f -a 'syn-sent established fin-seen closed reset' -d 'State of a TCP connection: syn-sent, established, fin-seen, closed or reset'
complete -c ebpfctl -n '__ebpfctl_at "conntrack delete"' -l all -d 'Every connection'
complete -c ebpfctl -n '__ebpfctl_at "conntrack delete"' -l dry-run -d 'Say what would be done, and do nothing'
complete -c ebpfctl -n '__ebpfctl_at "conntrack sweep"' -l dry-run -d 'Say what would be done, and do nothing'
complete -c ebpfctl -n '__ebpfctl_at "route add"' -l workload -d 'Addresses of pods'
complete -c ebpfctl -n '__ebpfctl_at "route add"' -l host -d 'Addresses of nodes'
complete -c ebpfctl -n '__ebpfctl_at "route add"' -l local -r -f -a '(__ebpfctl_live interface list -q)' -d 'On this node, behind this interface'
complete -c ebpfctl -n '__ebpfctl_at "route add"' -l via -r -f -d 'On the node with this address'
complete -c ebpfctl -n '__ebpfctl_at "route add"' -l dry-run -d 'Say what would be done, and do nothing'
complete -c ebpfctl -n '__ebpfctl_at "route delete"' -l dry-run -d 'Say what would be done, and do nothing'
complete -c ebpfctl -n '__ebpfctl_at "route delete" 1-' -a '(__ebpfctl_live route list -q)'
complete -c ebpfctl -n '__ebpfctl_at "route sync"' -l dry-run -d 'Say what would be done, and do nothing'
complete -c ebpfctl -n '__ebpfctl_at "program attach"' -l interface -r -f -a '(__ebpfctl_live interface list -q)' -d 'Interface whose packets it is to see'
complete -c ebpfctl -n '__ebpfctl_at "program attach"' -l hook -r -f -a 'ingress egress' -d 'Packets that the interface receives or sends'
complete -c ebpfctl -n '__ebpfctl_at "program attach"' -l dry-run -d 'Say what would be done, and do nothing'
complete -c ebpfctl -n '__ebpfctl_at "program attach" 1' -a '(__ebpfctl_live program list -q)'
complete -c ebpfctl -n '__ebpfctl_at "program detach"' -l interface -r -f -a '(__ebpfctl_live interface list -q)' -d 'Interface whose packets it is to see'
complete -c ebpfctl -n '__ebpfctl_at "program detach"' -l hook -r -f -a 'ingress egress' -d 'Packets that the interface receives or sends'
complete -c ebpfctl -n '__ebpfctl_at "program detach"' -l dry-run -d 'Say what would be done, and do nothing'
complete -c ebpfctl -n '__ebpfctl_at "program detach" 1' -a '(__ebpfctl_live program list -q)'
complete -c ebpfctl -n '__ebpfctl_at "demo"' -l return -r -f -a 'tunnel dsr' -d 'Show one way of replies to the client outside, not both'
complete -c ebpfctl -n '__ebpfctl_at "demo"' -l keep -d 'Leave the lab standing and print how to look around'
complete -c ebpfctl -n '__ebpfctl_at "demo"' -l clean -d 'Take away what --keep has left, and nothing else'
complete -c ebpfctl -n '__ebpfctl_at "completion" 1' -a 'bash zsh fish'
complete -c ebpfctl -n '__ebpfctl_at "help" 1-' -a 'check enable disable status demo completion version help service backend affinity conntrack route program interface counter'
