using ArchUnitNET.Domain;
using ArchUnitNET.Domain.Extensions;
using ArchUnitNET.Loader;
using Croct.Export.Sandbox;
using Assembly = System.Reflection.Assembly;

namespace Croct.Export.Tests;

/// <summary>Rooms stand on floors, and what is in a room uses only its own room and those on floors below.</summary>
public class FloorTests
{
    /// <summary>A model and its readers are one room: the readers make models, and models read themselves.</summary>
    private static readonly Building Library = new(
        typeof(ExportClient).Assembly,
        [["Json and Models"], ["options and errors"], ["Http"], ["Paging"], ["client"], ["Checkpoints"]],
        name => name switch
        {
            "Croct.Export.Models.RawExportClient" => "Http",
            "Croct.Export.ExportPage" or "Croct.Export.EventPage" or "Croct.Export.RawPage" => "Paging",
            "Croct.Export.ExportClient" => "client",
            "Croct.Export.Checkpoint" or "Croct.Export.CheckpointedExport" or "Croct.Export.FileCursorStore" or "Croct.Export.ICursorStore" => "Checkpoints",
            _ => FolderOf(name, "Croct.Export.") switch
            {
                "Json" or "Models" => "Json and Models",
                "" => "options and errors",
                var folder => folder,
            },
        });

    /// <summary>What a sandbox is asked for by name (a stream, a unit) is the ground; the options hold faults, and so stand above them.</summary>
    private static readonly Building SandboxBuilding = new(
        typeof(SandboxServer).Assembly,
        [["names"], ["Contract"], ["Data"], ["Responses"], ["Faults"], ["options"], ["Http"], ["server"]],
        name => name switch
        {
            "Croct.Export.Sandbox.SandboxServer" => "server",
            "Croct.Export.Sandbox.SandboxOptions" => "options",
            "Croct.Export.Sandbox.SandboxFault" or "Croct.Export.Sandbox.SandboxFaultKind" => "Faults",
            _ when name.StartsWith("Croct.Export.Contract.", StringComparison.Ordinal) => "Contract",
            _ => FolderOf(name, "Croct.Export.Sandbox.") switch { "" => "names", var folder => folder },
        });

    /// <summary>A format knows no destination, and a destination no format: they share a floor.</summary>
    private static readonly Building Exporter = new(
        Assembly.LoadFrom(Path.Combine(AppContext.BaseDirectory, "croct-export.dll")),
        [["ground"], ["Items"], ["Formats", "Destinations"], ["Running"], ["Planning"], ["Commands"]],
        name => name switch
        {
            "Program" => "Commands",
            "Croct.Export.Checkpoints.DurableFile" or "Croct.Export.Json.JsonNumber" or "Croct.Export.Json.JsonString" => "ground",
            _ when name.StartsWith("Croct.Export.Contract.", StringComparison.Ordinal) => "ground",
            _ => FolderOf(name, "Croct.Export.Cli.") switch { "" => "ground", var folder => folder },
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
                      where rooms.FloorOf(arrow.To) >= rooms.FloorOf(arrow.From)
                      select $"{arrow.From} ({rooms.RoomOf(arrow.From)}) uses {arrow.To} ({rooms.RoomOf(arrow.To)})";

        Assert.That(notDown.Order(), Is.Empty);
    }

    [TestCaseSource(nameof(Buildings))]
    public void Every_type_is_in_a_room(object building)
    {
        var rooms = (Building)building;

        Assert.That(rooms.Types.Where(type => rooms.FloorOf(type) < 0), Is.Empty);
    }

    [TestCaseSource(nameof(Buildings))]
    public void Every_room_has_types_that_use_a_neighbour_or_are_used_by_one(object building)
    {
        var rooms = (Building)building;
        var near = rooms.Arrows.Where(arrow => rooms.FloorOf(arrow.From) - rooms.FloorOf(arrow.To) is 1 or 2);
        var connected = near.SelectMany(arrow => new[] { rooms.RoomOf(arrow.From), rooms.RoomOf(arrow.To) }).ToHashSet(StringComparer.Ordinal);

        // Otherwise the rooms above are not what they are taken for, and nothing is tested.
        Assert.That(rooms.Floors.SelectMany(floor => floor).Except(connected), Is.Empty);
    }

    /// <summary>The folder of a type, which is the part of its namespace after the root; empty in the root itself.</summary>
    private static string FolderOf(string name, string root)
    {
        if (!name.StartsWith(root, StringComparison.Ordinal)) return "outside";
        var parts = name[root.Length..].Split('.');
        return parts.Length == 1 ? "" : parts[0];
    }

    /// <summary>An assembly, its rooms by floor, from the ground up, and in which room the type of a name is.</summary>
    private sealed record Building(Assembly Assembly, string[][] Floors, Func<string, string> RoomOf)
    {
        private readonly Lazy<IReadOnlyList<IType>> _types = new(() =>
            [.. new ArchLoader().LoadAssemblies(Assembly).Build().Types.Where(type => type is not GenericParameter && IsWritten(type.FullName))]);

        /// <summary>The names of the types that are in no other type.</summary>
        public IEnumerable<string> Types => _types.Value.Select(type => OutermostOf(type.FullName)).Distinct();

        /// <summary>Which type of one room uses which of another.</summary>
        public IEnumerable<(string From, string To)> Arrows
        {
            get
            {
                var ours = Types.ToHashSet(StringComparer.Ordinal);
                return (from type in _types.Value
                        from target in type.GetTypeDependencies()
                        where target is not GenericParameter
                        let arrow = (From: OutermostOf(type.FullName), To: OutermostOf(target.FullName))
                        where ours.Contains(arrow.To) && RoomOf(arrow.From) != RoomOf(arrow.To)
                        select arrow).Distinct();
            }
        }

        /// <summary>The number of the floor on which a type is; -1 if its room is on none.</summary>
        public int FloorOf(string name) => Array.FindIndex(Floors, rooms => rooms.Contains(RoomOf(name)));

        /// <summary>Whether it is a type of the source, and none that the compiler or a generator of it made.</summary>
        private static bool IsWritten(string name) =>
            name == "Program"
                || name.StartsWith("Program/", StringComparison.Ordinal)
                || name.StartsWith("Program+", StringComparison.Ordinal)
                || name.StartsWith("Croct.Export.", StringComparison.Ordinal);

        /// <summary>The name of the type that a type is nested in, without its type parameters.</summary>
        private static string OutermostOf(string name)
        {
            var end = name.IndexOfAny(['/', '+', '`', '<']);
            return end < 0 ? name : name[..end];
        }
    }
}
