// SPDX-License-Identifier: Apache-2.0

package import LinuxSystem

/// How the tool's own VXLAN device is recognised: by name and kind, so that one that a killed command left is found.
package enum OverlayLink {
    package static let name = "ebpfctl"

    /// Where the device waits while another one takes its place.
    package static let formerName = "ebpfctl-old"
}

extension NetworkLink {
    /// False for another product's device of that name.
    package var isOverlay: Bool { name == OverlayLink.name && isExternalVXLAN }

    /// A device that was to be replaced when a command was killed.
    package var isFormerOverlay: Bool { name == OverlayLink.formerName && isExternalVXLAN }

    private var isExternalVXLAN: Bool { vxlan?.isExternal == true }
}
