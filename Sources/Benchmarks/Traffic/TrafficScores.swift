// SPDX-License-Identifier: Apache-2.0

/// The figures of a comparison as the rounds bring them in.
struct TrafficScores {
    /// What is compared among the contenders.
    struct Subject: Hashable {
        let name: String
        let setting: String
    }

    private struct Row: Hashable {
        let subject: Subject
        let contender: TrafficContender
    }

    private var order: [Subject] = []
    private var units: [Subject: Measurement.Unit] = [:]
    private var samples: [Row: [Double]] = [:]
    private let reference: TrafficContender

    /// - Parameter reference: whom all ratios are taken to.
    init(reference: TrafficContender) {
        self.reference = reference
    }

    mutating func add(
        _ value: Double, _ unit: Measurement.Unit, _ name: String, in setting: String, of contender: TrafficContender
    ) {
        let subject = Subject(name: name, setting: setting)
        if units.updateValue(unit, forKey: subject) == nil { order.append(subject) }
        samples[Row(subject: subject, contender: contender), default: []].append(value)
    }

    func samples(of subject: Subject, _ contender: TrafficContender) -> [Double] {
        samples[Row(subject: subject, contender: contender)] ?? []
    }

    /// A row for each subject and contender; `aim` says what was promised of ours.
    func measurements(aim: (Subject) -> Measurement.Aim?) -> [Measurement] {
        order.flatMap { subject in
            TrafficContender.allCases.compactMap { contender in
                let samples = samples(of: subject, contender)
                guard !samples.isEmpty, let unit = units[subject] else { return nil }
                return Measurement(
                    subject: subject.name, setting: subject.setting, contender: contender.rawValue, unit: unit,
                    samples: samples,
                    reference: contender == reference ? [] : self.samples(of: subject, reference),
                    aim: contender == .ebpfctl || contender == .ebpfctlDSR ? aim(subject) : nil)
            }
        }
    }

    /// How much later than the reference we are.
    func distance(_ subject: Subject, named name: String, aim: Measurement.Aim) -> Measurement? {
        let pairs = zip(samples(of: subject, .ebpfctl), samples(of: subject, reference))
        let distances = pairs.map { $0 - $1 }
        guard !distances.isEmpty, let unit = units[subject] else { return nil }
        return Measurement(
            subject: name, setting: subject.setting, contender: TrafficContender.ebpfctl.rawValue, unit: unit,
            samples: distances, aim: aim)
    }

    /// Ours beside another contender's than the reference.
    func comparison(
        _ subject: Subject, named name: String, with other: TrafficContender, aim: Measurement.Aim
    ) -> Measurement? {
        let (ours, theirs) = (samples(of: subject, .ebpfctl), samples(of: subject, other))
        guard !ours.isEmpty, !theirs.isEmpty, let unit = units[subject] else { return nil }
        return Measurement(
            subject: name, setting: subject.setting, contender: TrafficContender.ebpfctl.rawValue, unit: unit,
            samples: ours, reference: theirs, aim: aim)
    }
}
