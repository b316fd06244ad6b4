using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Croct.Export.Contract;

namespace Croct.Export.Cli.Formats;

/// <summary>
/// What an object within an item looks like as the contract says, and which of its values are cells of a table. Each place in an item has a shape of its own,
/// which is made when the first item has something there, so that a schema can contain itself.
/// </summary>
internal sealed class ItemShape
{
    private readonly (byte[] Value, Lazy<ItemShape> Shape)[] _kinds;

    /// <param name="contract">The contract.</param>
    /// <param name="schema">The schema of the object.</param>
    /// <param name="names">The names that lead to it.</param>
    /// <param name="columns">The columns whose paths lead through it.</param>
    /// <param name="kind">The value of the discriminator that it has; null for any.</param>
    private ItemShape(ContractDocument contract, ContractSchema schema, IReadOnlyList<string> names, IReadOnlyList<ColumnPath> columns, string? kind)
    {
        Names = [.. names.Select(ItemMember.InJson)];
        Path = string.Concat(names.Select(name => name + "."));
        var within = columns.Where(column => column.Kind is null || column.Kind == kind).ToList();
        Members = [.. schema.Properties.Select((property, index) => new ItemMember(contract, property, index, names, [.. within.Where(column => column.Name == property.Name)]))];
        Discriminator = Members.SingleOrDefault(member => member.Property.Name == schema.Discriminator);
        _kinds = [.. schema.Kinds.Select(of => (Encoding.UTF8.GetBytes(of.Key), new Lazy<ItemShape>(() => new ItemShape(contract, contract.Schemas[of.Value], names, columns, of.Key))))];
    }

    /// <summary>The names that lead to the object, as JSON writes them between quotes.</summary>
    public byte[][] Names { get; }

    /// <summary>The same as a text that the name of a member can follow: <c>payload.order.</c>, or nothing for the item itself.</summary>
    public string Path { get; }

    public ItemMember[] Members { get; }

    /// <summary>The member that tells of which kind an object is; null if there is only one.</summary>
    public ItemMember? Discriminator { get; }

    /// <summary>The shape of the items of a stream.</summary>
    /// <param name="contract">The contract.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="columns">The columns that values are cells of.</param>
    public static ItemShape Of(ContractDocument contract, ContractStream stream, IReadOnlyList<ContractColumn> columns) =>
        new(contract, contract.Schemas[stream.Schema], [], [.. columns.SelectMany((column, index) => column.Paths.Select(path => ColumnPath.Of(path, column, index)))], kind: null);

    /// <summary>The shape of an object that a member is, or that a list of a member holds.</summary>
    public static ItemShape Of(ContractDocument contract, ContractSchema schema, IReadOnlyList<string> names, IReadOnlyList<ColumnPath> columns) =>
        new(contract, schema, names, columns, kind: null);

    /// <summary>The shape of an object with a value of the discriminator; null if the contract does not name it.</summary>
    public ItemShape? KindOf(ReadOnlySpan<byte> discriminator)
    {
        foreach (var (value, shape) in _kinds)
        {
            if (discriminator.SequenceEqual(value)) return shape.Value;
        }

        return null;
    }
}

/// <summary>A member that the contract gives to an object.</summary>
internal sealed class ItemMember
{
    private readonly byte[][] _knownValues;
    private readonly Lazy<ItemShape>? _shape;

    /// <param name="contract">The contract.</param>
    /// <param name="property">The property.</param>
    /// <param name="index">Its place in the object.</param>
    /// <param name="names">The names that lead to the object.</param>
    /// <param name="columns">The columns whose paths lead to the member, or through it.</param>
    public ItemMember(ContractDocument contract, ContractProperty property, int index, IReadOnlyList<string> names, IReadOnlyList<ColumnPath> columns)
    {
        Property = property;
        Bit = 1UL << index;
        Columns = [.. columns.Select(column => column.Index)];
        Kind = Enum.Parse<MemberKind>(property.Kind, ignoreCase: true);
        Name = Encoding.UTF8.GetBytes(property.Name);
        JsonName = InJson(property.Name);
        Path = string.Join('.', [.. names, property.Name]);
        var own = columns.Where(column => column.IsLast).ToLookup(column => column.Column.Type == "json");
        JsonColumns = [.. own[true].Select(column => column.Index)];
        Cells = [.. own[false].Select(column => new ItemCell(column.Index, IsCount: column.Column.Form == "count", IsDecimal: column.Column.Type == "decimal"))];
        _knownValues = [.. property.Values.Select(Encoding.UTF8.GetBytes)];
        if (property.Schema is { } schema)
        {
            _shape = new Lazy<ItemShape>(() => ItemShape.Of(contract, contract.Schemas[schema], [.. names, property.Name], [.. columns.Where(column => !column.IsLast).Select(column => column.Next())]));
        }
    }

    public ContractProperty Property { get; }

    public MemberKind Kind { get; }

    public byte[] Name { get; }

    /// <summary>The name as JSON writes it between quotes.</summary>
    public byte[] JsonName { get; }

    /// <summary>Where it is in an item: <c>payload.order.total</c>. What is within a list is at the place of the list.</summary>
    public string Path { get; }

    /// <summary>A bit for its place in the object. Beyond 64 members, two share one: then a member may be taken to have come before, which forgets nothing.</summary>
    public ulong Bit { get; }

    /// <summary>The numbers of the columns that it or something within it fills.</summary>
    public int[] Columns { get; }

    /// <summary>The cells that its value fills, but for those of JSON.</summary>
    public ItemCell[] Cells { get; }

    /// <summary>The numbers of the columns that hold its JSON, whatever it is, and with it everything within.</summary>
    public int[] JsonColumns { get; }

    /// <summary>The shape of the object that it is, or of those in its list.</summary>
    public ItemShape Shape => _shape!.Value;

    public static byte[] InJson(string name) => JsonEncodedText.Encode(name, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes.ToArray();

    /// <summary>Whether a text is a value that the contract names. Without an enum, any is.</summary>
    public bool Knows(ReadOnlySpan<byte> text)
    {
        if (Kind != MemberKind.Enum) return true;
        foreach (var known in _knownValues)
        {
            if (text.SequenceEqual(known)) return true;
        }

        return false;
    }
}

/// <summary>What the values of a member are: see <see cref="ContractProperty.Kind"/>.</summary>
internal enum MemberKind
{
    Text,
    Enum,
    Uuid,
    Boolean,
    Int32,
    Int64,
    Double,
    Decimal,
    Time,
    Object,
    List,
    Texts,
    TextMap,
    Json,
}

/// <summary>A cell that the value of a member fills.</summary>
/// <param name="Column">The number of the column.</param>
/// <param name="IsCount">Whether it is how many parts a list has.</param>
/// <param name="IsDecimal">Whether it is a decimal, of a number or of a text.</param>
internal readonly record struct ItemCell(int Column, bool IsCount, bool IsDecimal);

/// <summary>A path of a column, from some object on.</summary>
internal sealed class ColumnPath
{
    private readonly (string Name, string? Kind)[] _steps;
    private readonly int _step;

    private ColumnPath((string Name, string? Kind)[] steps, int step, ContractColumn column, int index) => (_steps, _step, Column, Index) = (steps, step, column, index);

    public ContractColumn Column { get; }

    /// <summary>The number of the column.</summary>
    public int Index { get; }

    /// <summary>The member through which it leads.</summary>
    public string Name => _steps[_step].Name;

    /// <summary>The kind that the object itself has to be of; null for any.</summary>
    public string? Kind => _step == 0 ? null : _steps[_step - 1].Kind;

    /// <summary>Whether the member is the value.</summary>
    public bool IsLast => _step == _steps.Length - 1;

    public static ColumnPath Of(string path, ContractColumn column, int index) => new([.. path.Split('.').Select(StepOf)], 0, column, index);

    public ColumnPath Next() => new(_steps, _step + 1, Column, Index);

    private static (string Name, string? Kind) StepOf(string step) => step.IndexOf('[', StringComparison.Ordinal) is > 0 and var bracket ? (step[..bracket], step[(bracket + 1)..^1]) : (step, null);
}
