// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import LinuxSystem
import Rendering
import Topology

package enum InterfaceList: Command {
    package static let spec = CommandSpec(
        noun: "interface", verb: "list", aliases: ["dump"], "List interfaces with their roles, and why they have them",
        details: [
            """
            Works before 'enable' as well, and then shows what 'enable' without options would choose. Programs sit \
            on the device that bears the address: on a bond rather than its members.
            """
        ],
        examples: [
            Example("ebpfctl interface list", "Roles, hooks and reasons"),
            Example("ebpfctl interface list -o json", "With every reason as a sentence"),
        ],
        requirements: [Requirement.inspection])

    package static func run(_ context: CommandContext) throws -> ExitCode {
        try context.require(Privilege.inspection)
        let snapshot = try NodeSnapshot(reading: NetlinkSocket())
        var options = InterfaceSelection.Options()
        var attachments: [Attachment] = []
        do {
            let dataplane = try context.reading()
            options = EnableOptions(words: try dataplane.record().configuration).interfaceOptions
            attachments = try dataplane.attachments()
        } catch DataplaneError.notEnabled {}
        let selection = InterfaceSelection(snapshot, options: options)
        try context.renderer.list(
            selection.choices.sorted { $0.link.index < $1.link.index }.map { choice in
                InterfaceRow(choice: choice, attachments: attachments.filter { $0.isOn(choice.link.index) })
            })
        return .success
    }
}

extension EnableOptions {
    /// What these options say about the choice of interfaces.
    var interfaceOptions: InterfaceSelection.Options {
        InterfaceSelection.Options(
            uplinkNames: uplinks, workloadPatterns: workloads, nodeAddresses: nodeAddresses)
    }
}

extension Attachment {
    func isOn(_ interface: UInt32) -> Bool {
        if case .interface(interface, _, _) = point { true } else { false }
    }
}
