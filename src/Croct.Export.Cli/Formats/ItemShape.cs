using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Croct.Export.Contract;

namespace Croct.Export.Cli.Formats;

/// <summary>
/// The members of an object within an item according to the contract, and which of its values are cells of a table. Each path in an item has its own shape,
/// which is created when the first item has a value there, so that a schema can contain itself.
/// </summary>
internal sealed class ItemShape
{
    private readonly (byte[] Value, Lazy<ItemShape> Shape)[] _kinds;

    /// <param name="contract">The contract.</param>
    /// <param name="schema">The schema of the object.</param>
    /// <param name="names">The names on the path to it.</param>
    /// <param name="columns">The columns whose paths pass through it.</param>
    /// <param name="kind">The value of its discriminator; null for any.</param>
    private ItemShape(ContractDocument contract, ContractSchema schema, IReadOnlyList<string> names, IReadOnlyList<ColumnPath> columns, string? kind)
    {
        Names = [.. names.Select(ItemMember.EscapeForJson)];
        Path = string.Concat(names.Select(name => name + "."));
        var within = columns.Where(column => column.Kind is null || column.Kind == kind).ToList();
        Members =
        [
            .. schema.Properties.Select((property, index) =>
                new ItemMember(contract, property, index, names, [.. within.Where(column => column.Name == property.Name)])),
        ];
        Discriminator = Members.SingleOrDefault(member => member.Property.Name == schema.Discriminator);
        _kinds =
        [
            .. schema.Kinds.Select(of =>
                (Encoding.UTF8.GetBytes(of.Key), new Lazy<ItemShape>(() => new ItemShape(contract, contract.Schemas[of.Value], names, columns, of.Key)))),
        ];
    }

    /// <summary>The names on the path to the object, escaped as in JSON, without quotes.</summary>
    public byte[][] Names { get; }

    /// <summary>The same path as a prefix of a member's name: <c>payload.order.</c>, or empty for the item itself.</summary>
    public string Path { get; }

    public ItemMember[] Members { get; }

    /// <summary>The member that says which kind an object is; null if there is only one kind.</summary>
    public ItemMember? Discriminator { get; }

    /// <summary>The shape of the items of a stream.</summary>
    /// <param name="contract">The contract.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="columns">The columns that the values fill.</param>
    public static ItemShape Of(ContractDocument contract, ContractStream stream, IReadOnlyList<ContractColumn> columns) =>
        new(
            contract,
            contract.Schemas[stream.Schema],
            names: [],
            [.. columns.SelectMany((column, index) => column.Paths.Select(path => ColumnPath.Of(path, column, index)))],
            kind: null);

    /// <summary>The shape of the object in a member, or of the objects in its list.</summary>
    public static ItemShape Of(ContractDocument contract, ContractSchema schema, IReadOnlyList<string> names, IReadOnlyList<ColumnPath> columns) =>
        new(contract, schema, names, columns, kind: null);

    /// <summary>The shape of an object with the given value of the discriminator; null if the contract does not have it.</summary>
    public ItemShape? GetKind(ReadOnlySpan<byte> discriminator)
    {
        foreach (var (value, shape) in _kinds)
        {
            if (discriminator.SequenceEqual(value)) return shape.Value;
        }

        return null;
    }
}

/// <summary>A member of an object in the contract.</summary>
internal sealed class ItemMember
{
    private readonly byte[][] _knownValues;
    private readonly Lazy<ItemShape>? _shape;

    /// <param name="contract">The contract.</param>
    /// <param name="property">The property.</param>
    /// <param name="index">Its position in the object.</param>
    /// <param name="names">The names on the path to the object.</param>
    /// <param name="columns">The columns whose paths end at the member or pass through it.</param>
    public ItemMember(ContractDocument contract, ContractProperty property, int index, IReadOnlyList<string> names, IReadOnlyList<ColumnPath> columns)
    {
        Property = property;
        Bit = 1UL << index;
        Columns = [.. columns.Select(column => column.Index)];
        Kind = Enum.Parse<MemberKind>(property.Kind, ignoreCase: true);
        Name = Encoding.UTF8.GetBytes(property.Name);
        JsonName = EscapeForJson(property.Name);
        Path = string.Join('.', [.. names, property.Name]);
        var own = columns.Where(column => column.IsLast).ToLookup(column => column.Column.Type == "json");
        JsonColumns = [.. own[true].Select(column => column.Index)];
        Cells =
        [
            .. own[false].Select(column =>
                new ItemCell(column.Index, IsCount: column.Column.Form == "count", IsDecimal: column.Column.Type == "decimal")),
        ];
        _knownValues = [.. property.Values.Select(Encoding.UTF8.GetBytes)];
        if (property.Schema is { } schema)
        {
            _shape = new Lazy<ItemShape>(() => ItemShape.Of(
                contract,
                contract.Schemas[schema],
                [.. names, property.Name],
                [.. columns.Where(column => !column.IsLast).Select(column => column.Next())]));
        }
    }

    public ContractProperty Property { get; }

    public MemberKind Kind { get; }

    public byte[] Name { get; }

    /// <summary>The name, escaped as in JSON, without quotes.</summary>
    public byte[] JsonName { get; }

    /// <summary>Its path in an item: <c>payload.order.total</c>. Within a list, the path has no index.</summary>
    public string Path { get; }

    /// <summary>
    /// A bit for its position in the object. Beyond 64 members, two share a bit: a member may then be taken for a repeated one, which has no effect.
    /// </summary>
    public ulong Bit { get; }

    /// <summary>The indexes of the columns that it or a member within it fills.</summary>
    public int[] Columns { get; }

    /// <summary>The cells that its value fills, except for those of JSON.</summary>
    public ItemCell[] Cells { get; }

    /// <summary>The indexes of the columns that hold its JSON of any type, everything within included.</summary>
    public int[] JsonColumns { get; }

    /// <summary>The shape of its object, or of the objects in its list.</summary>
    public ItemShape Shape => _shape!.Value;

    public static byte[] EscapeForJson(string name) => JsonEncodedText.Encode(name, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes.ToArray();

    /// <summary>Whether the contract has a text as a value. Unless the member is an enum, any text is accepted.</summary>
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

/// <summary>The kind of a member's values: see <see cref="ContractProperty.Kind"/>.</summary>
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
/// <param name="Column">The index of the column.</param>
/// <param name="IsCount">Whether it is the number of parts of a list.</param>
/// <param name="IsDecimal">Whether it is a decimal, from a number or from a text.</param>
internal readonly record struct ItemCell(int Column, bool IsCount, bool IsDecimal);

/// <summary>A path of a column, starting at some object.</summary>
internal sealed class ColumnPath
{
    private readonly (string Name, string? Kind)[] _steps;
    private readonly int _step;

    private ColumnPath((string Name, string? Kind)[] steps, int step, ContractColumn column, int index) =>
        (_steps, _step, Column, Index) = (steps, step, column, index);

    public ContractColumn Column { get; }

    /// <summary>The index of the column.</summary>
    public int Index { get; }

    /// <summary>The member that the path continues with.</summary>
    public string Name => _steps[_step].Name;

    /// <summary>The kind that the object itself must have; null for any.</summary>
    public string? Kind => _step == 0 ? null : _steps[_step - 1].Kind;

    /// <summary>Whether the path ends at the member.</summary>
    public bool IsLast => _step == _steps.Length - 1;

    public static ColumnPath Of(string path, ContractColumn column, int index) => new([.. path.Split('.').Select(ParseStep)], 0, column, index);

    public ColumnPath Next() => new(_steps, _step + 1, Column, Index);

    private static (string Name, string? Kind) ParseStep(string step) =>
        step.IndexOf('[', StringComparison.Ordinal) is > 0 and var bracket
            ? (step[..bracket], step[(bracket + 1)..^1])
            : (step, null);
}
