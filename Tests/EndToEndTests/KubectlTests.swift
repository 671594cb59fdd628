// SPDX-License-Identifier: Apache-2.0

import Foundation
import LinuxSystem
import Testing

extension EndToEnd {
    /// kubectl reads what `service export --kubernetes` prints; where it is not installed, nobody can tell.
    @Suite(
        .sharedLab,
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/kubectl"), "kubectl is not installed"))
    struct KubectlTests {
        private let lab: HandmadeLab

        init() throws {
            lab = try .shared()
            try lab.serve()
            try lab.succeed(
                "service", "set", "shop/web:http", "--vip", "10.96.0.20:80/tcp", "--node-port", "30080/tcp",
                "--load-balancer", "203.0.113.9:80/tcp", "--source-range", "198.51.100.0/24", "--affinity", "3h",
                "--external-policy", "local", "--backend", HandmadeLab.backend(on: .pod2))
        }

        /// As much of an API server as kubectl asks before it applies: what kinds there are, and that no object is.
        private static let server = """
            import http.server, json
            def kind(name, singular, kind):
                return {"name": name, "singularName": singular, "namespaced": True, "kind": kind, "verbs": ["get", "patch"]}
            version = {"groupVersion": "discovery.k8s.io/v1", "version": "v1"}
            answers = {
                "/api": {"kind": "APIVersions", "versions": ["v1"]},
                "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": [
                    {"name": "discovery.k8s.io", "versions": [version], "preferredVersion": version}]},
                "/api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources": [
                    kind("services", "service", "Service")]},
                "/apis/discovery.k8s.io/v1": {"kind": "APIResourceList", "apiVersion": "v1",
                    "groupVersion": "discovery.k8s.io/v1", "resources": [
                        kind("endpointslices", "endpointslice", "EndpointSlice")]}}
            missing = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404}
            class Handler(http.server.BaseHTTPRequestHandler):
                def do_GET(self):
                    answer = answers.get(self.path.split("?")[0])
                    body = json.dumps(answer or missing).encode()
                    self.send_response(200 if answer else 404)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                def log_message(self, *words): pass
            server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
            print(server.server_port, flush=True)
            server.serve_forever()
            """

        /// Runs a line of sh(1) with `kubectl` as a function that talks to the server above; its input is the objects.
        private func kubectl(_ line: String, _ objects: String) throws -> ProcessOutput {
            let script = """
                set -eu
                HOME=$(mktemp -d); export HOME
                python3 -ISc "$1" >"$HOME/port" & server=$!
                trap 'kill $server; rm -rf "$HOME"' EXIT
                for i in $(seq 200); do [ -s "$HOME/port" ] && break; sleep 0.05; done
                kubectl() { /usr/bin/kubectl --kubeconfig /dev/null --server "http://127.0.0.1:$(cat "$HOME/port")" "$@"; }
                \(line)
                """
            var command = Command("/bin/sh", ["-c", script, "sh", Self.server])
            command.input = .bytes(Array(objects.utf8))
            return try command.run(limit: 1 << 20, until: Deadline(after: Tool.patience))
        }

        @Test(arguments: ["json", "yaml"]) func whatIsExportedIsAppliedByKubectl(format: String) throws {
            let objects = try lab.succeed("service", "export", "--kubernetes", "-o", format).text
            // The schemas that kubectl would validate against are the server's; the next test has its own types.
            let result = try kubectl("kubectl apply --dry-run=client --validate=false -f -", objects)
            #expect(result.status.isSuccess, "\(result.outcome)")
            let lines = result.text.split(separator: "\n")
            #expect(lines.first == "service/web created (dry run)")
            #expect(lines.dropFirst().allSatisfy { $0.hasPrefix("endpointslice.discovery.k8s.io/web-") })
            #expect(lines.count == 2 && lines[1].hasSuffix(" created (dry run)"), "\(result.text)")
        }

        /// `set selector --local` reads each object into kubectl's own type before it says that slices have none.
        @Test(arguments: [false, true]) func everyFieldHasTheTypeThatKubectlKnows(isSpoiled: Bool) throws {
            var objects = try lab.succeed("service", "export", "--kubernetes").text
            if isSpoiled { objects = objects.replacingOccurrences(of: "port: 8080\n", with: "port: \"8080\"\n") }
            let result = try kubectl("kubectl set selector --local -o name -f - a=b", objects)
            #expect(result.errorText.contains("cannot unmarshal") == isSpoiled, "\(result.outcome)")
            #expect(result.errorText.contains("only supported for Services") != isSpoiled, "\(result.outcome)")
            #expect(result.text == (isSpoiled ? "" : "service/web\n"))
        }
    }
}
