using ArchUnitNET.Domain;
using ArchUnitNET.Domain.Extensions;
using ArchUnitNET.Loader;
using Croct.Export.Sandbox;
using Assembly = System.Reflection.Assembly;

namespace Croct.Export.Tests;

/// <summary>The architecture is layered: types use only their own room (a folder) and rooms on lower floors (layers).</summary>
public class FloorTests
{
    /// <summary>Models and their readers share a room: the readers create models, and models use them to read themselves.</summary>
    private static readonly Building Library = new(
        typeof(ExportClient).Assembly,
        [["Json and Models"], ["options and errors"], ["Http"], ["Paging"], ["client"], ["Checkpoints"]],
        name => name switch
        {
            "Croct.Export.Models.RawExportClient" => "Http",
            "Croct.Export.ExportPage" or "Croct.Export.EventPage" or "Croct.Export.RawPage" => "Paging",
            "Croct.Export.ExportClient" => "client",
            "Croct.Export.Checkpoint" or "Croct.Export.CheckpointedExport" or "Croct.Export.FileCursorStore" or "Croct.Export.ICursorStore" => "Checkpoints",
            _ => GetFolder(name, "Croct.Export.") switch
            {
                "Json" or "Models" => "Json and Models",
                "" => "options and errors",
                var folder => folder,
            },
        });

    /// <summary>Streams, units and other named values are the ground floor. The options refer to faults, so they are above them.</summary>
    private static readonly Building SandboxBuilding = new(
        typeof(SandboxServer).Assembly,
        [["names"], ["Contract"], ["Data"], ["Responses"], ["Faults"], ["options"], ["Http"], ["server"]],
        name => name switch
        {
            "Croct.Export.Sandbox.SandboxServer" => "server",
            "Croct.Export.Sandbox.SandboxOptions" => "options",
            "Croct.Export.Sandbox.SandboxFault" or "Croct.Export.Sandbox.SandboxFaultKind" => "Faults",
            _ when name.StartsWith("Croct.Export.Contract.", StringComparison.Ordinal) => "Contract",
            _ => GetFolder(name, "Croct.Export.Sandbox.") switch { "" => "names", var folder => folder },
        });

    /// <summary>Formats and destinations share a floor: neither uses the other.</summary>
    private static readonly Building Exporter = new(
        Assembly.LoadFrom(Path.Combine(AppContext.BaseDirectory, "croct-export.dll")),
        [["ground"], ["Items"], ["Formats", "Destinations"], ["Running"], ["Verifying"], ["Planning"], ["Commands"]],
        name => name switch
        {
            "Program" => "Commands",
            "Croct.Export.Checkpoints.DurableFile" or "Croct.Export.Json.JsonNumber" or "Croct.Export.Json.JsonString" => "ground",
            _ when name.StartsWith("Croct.Export.Contract.", StringComparison.Ordinal) => "ground",
            _ => GetFolder(name, "Croct.Export.Cli.") switch { "" => "ground", var folder => folder },
        });

    private static IEnumerable<TestCaseData> Buildings() =>
    [
        new TestCaseData(Library).SetArgDisplayNames("library"),
        new TestCaseData(SandboxBuilding).SetArgDisplayNames("sandbox"),
        new TestCaseData(Exporter).SetArgDisplayNames("exporter"),
    ];

    [TestCaseSource(nameof(Buildings))]
    public void Dependencies_between_rooms_only_point_down(object building)
    {
        var (rooms, arrows) = ((Building)building, ((Building)building).Arrows);

        var notDown = from arrow in arrows
                      where rooms.GetFloor(arrow.To) >= rooms.GetFloor(arrow.From)
                      select $"{arrow.From} ({rooms.GetRoom(arrow.From)}) uses {arrow.To} ({rooms.GetRoom(arrow.To)})";

        Assert.That(notDown.Order(), Is.Empty);
    }

    [TestCaseSource(nameof(Buildings))]
    public void Every_type_is_in_a_room(object building)
    {
        var rooms = (Building)building;

        Assert.That(rooms.Types.Where(type => rooms.GetFloor(type) < 0), Is.Empty);
    }

    [TestCaseSource(nameof(Buildings))]
    public void Every_room_has_types_that_use_a_neighbour_or_are_used_by_one(object building)
    {
        var rooms = (Building)building;
        var near = rooms.Arrows.Where(arrow => rooms.GetFloor(arrow.From) - rooms.GetFloor(arrow.To) is 1 or 2);
        var connected = near.SelectMany(arrow => new[] { rooms.GetRoom(arrow.From), rooms.GetRoom(arrow.To) }).ToHashSet(StringComparer.Ordinal);

        // Otherwise the list of rooms above is wrong and nothing is tested.
        Assert.That(rooms.Floors.SelectMany(floor => floor).Except(connected), Is.Empty);
    }

    /// <summary>The folder of a type: the part of its namespace after the root; empty in the root itself.</summary>
    private static string GetFolder(string name, string root)
    {
        if (!name.StartsWith(root, StringComparison.Ordinal)) return "outside";
        var parts = name[root.Length..].Split('.');
        return parts.Length == 1 ? "" : parts[0];
    }

    /// <summary>An assembly, its rooms by floor from the ground up, and the function that returns the room of a type name.</summary>
    private sealed record Building(Assembly Assembly, string[][] Floors, Func<string, string> GetRoom)
    {
        private readonly Lazy<IReadOnlyList<IType>> _types = new(() =>
            [.. new ArchLoader().LoadAssemblies(Assembly).Build().Types.Where(type => type is not GenericParameter && IsWritten(type.FullName))]);

        /// <summary>The names of the types that are not nested.</summary>
        public IEnumerable<string> Types => _types.Value.Select(type => GetOutermostType(type.FullName)).Distinct();

        /// <summary>The dependencies between types of different rooms.</summary>
        public IEnumerable<(string From, string To)> Arrows
        {
            get
            {
                var ours = Types.ToHashSet(StringComparer.Ordinal);
                return (from type in _types.Value
                        from target in type.GetTypeDependencies()
                        where target is not GenericParameter
                        let arrow = (From: GetOutermostType(type.FullName), To: GetOutermostType(target.FullName))
                        where ours.Contains(arrow.To) && GetRoom(arrow.From) != GetRoom(arrow.To)
                        select arrow).Distinct();
            }
        }

        /// <summary>The index of the floor of a type; -1 if its room is on no floor.</summary>
        public int GetFloor(string name) => Array.FindIndex(Floors, rooms => rooms.Contains(GetRoom(name)));

        /// <summary>Whether the type is handwritten rather than created by the compiler or a source generator.</summary>
        private static bool IsWritten(string name) =>
            name == "Program"
                || name.StartsWith("Program/", StringComparison.Ordinal)
                || name.StartsWith("Program+", StringComparison.Ordinal)
                || name.StartsWith("Croct.Export.", StringComparison.Ordinal);

        /// <summary>The name of the outermost type that contains a type, without its type parameters.</summary>
        private static string GetOutermostType(string name)
        {
            var end = name.IndexOfAny(['/', '+', '`', '<']);
            return end < 0 ? name : name[..end];
        }
    }
}
