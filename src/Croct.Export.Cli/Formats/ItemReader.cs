using System.Buffers.Text;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using Croct.Export.Cli.Formats.Tables;
using Croct.Export.Cli.Items;
using Croct.Export.Contract;
using Croct.Export.Json;

namespace Croct.Export.Cli.Formats;

/// <summary>
/// Reads items in one pass over their bytes: fills the cells of a row, collects the values that no cell holds for the rest column, and finds deviations
/// from the contract of this version. No model of an item is created.
/// </summary>
/// <param name="stream">The stream of the items.</param>
/// <param name="table">The table whose cells are filled; null for none.</param>
internal sealed class ItemReader(ContractStream stream, Table? table)
{
    /// <summary>Enough to recognize a name or a value, which can be long.</summary>
    private const int MaxTextLength = 100;

    /// <summary>Numbers of up to this length without an exponent fit into any .NET number without loss.</summary>
    private const int MaxSimpleLength = 15;

    private readonly ItemShape _shape = ItemShape.Of(ContractDocument.Current, stream, table?.Columns ?? []);
    private readonly ItemRest? _rest = table?.RestColumn is null ? null : new ItemRest();
    private TableRows? _rows;
    private List<Finding> _findings = [];
    private byte[] _scratch = new byte[256];

    private enum Fit
    {
        /// <summary>The value is not of the type of the property.</summary>
        None,

        /// <summary>The property can hold the value, but a cell cannot.</summary>
        Property,

        /// <summary>The cells hold the value.</summary>
        Cells,

        /// <summary>The value was read member by member.</summary>
        Members,
    }

    /// <summary>The time by which windows select the last item read, in milliseconds; null if it has none.</summary>
    public long? Time { get; private set; }

    /// <summary>Returns the findings in the items read since the last call.</summary>
    public IReadOnlyList<Finding> TakeFindings()
    {
        var findings = _findings;
        if (findings.Count > 0) _findings = [];
        return findings;
    }

    /// <summary>Reads an item.</summary>
    /// <param name="json">An object known to be well-formed.</param>
    /// <param name="rows">The rows of the table, to which a row is added; null without a table.</param>
    public void Read(ReadOnlyMemory<byte> json, TableRows? rows = null)
    {
        (Time, _rows) = (null, rows);
        rows?.Begin();
        var item = JsonBytes.AsUtf8(json).Span;
        var reader = new Utf8JsonReader(item, new JsonReaderOptions { MaxDepth = ItemContent.MaxDepth });
        reader.Read();
        ReadObject(ref reader, item, _shape, isInCell: _rest is null);
        if (_rest is { IsEmpty: false }) rows!.SetJson(table!.RestColumn!.Value, _rest.Take());
    }

    /// <param name="reader">At the beginning of the object; moved to its end.</param>
    /// <param name="item">The whole item.</param>
    /// <param name="shape">The expected shape of the object.</param>
    /// <param name="isInCell">Whether a cell holds the whole object, or there is no column for the rest.</param>
    private void ReadObject(ref Utf8JsonReader reader, ReadOnlySpan<byte> item, ItemShape shape, bool isInCell)
    {
        var known = shape.Discriminator is null ? shape : FindShape(reader, shape);
        var findings = _findings.Count;
        shape = known ?? shape;
        var (next, seen) = (0, 0UL);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (FindMember(ref reader, shape, ref next) is { } member)
            {
                // If a member occurs twice, the last one counts, with everything in it.
                if ((seen & member.Bit) != 0) Forget(member);
                seen |= member.Bit;
                reader.Read();
                ReadValue(ref reader, item, shape, member, isInCell);
                continue;
            }

            if (known is not null)
            {
                _findings.Add(new Finding(IsValue: false, $"field {shape.Path}{Shorten(JsonBytes.GetText(ref reader, ref _scratch))}"));
            }

            var name = reader.ValueSpan;
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            if (!isInCell) _rest!.Add(shape.Names, name, item[start..(int)reader.BytesConsumed]);
        }

        // If the kind is unknown, so are its members: they are not reported.
        if (known is null) _findings.RemoveRange(findings, _findings.Count - findings);
    }

    /// <summary>
    /// The shape of the kind that the discriminator names, at any position in the object. Returns null and adds a finding if the contract does not have it.
    /// </summary>
    private ItemShape? FindShape(Utf8JsonReader reader, ItemShape shape)
    {
        var discriminator = shape.Discriminator!;
        if (JsonBytes.TryMoveTo(ref reader, discriminator.Name, JsonTokenType.String, ref _scratch)
            && JsonBytes.GetText(ref reader, ref _scratch) is { Length: > 0 } kind)
        {
            if (shape.GetKind(kind) is { } known) return known;
            var what = discriminator.Kind == MemberKind.Enum ? $"type {Shorten(kind)}" : $"value {discriminator.Path}={Shorten(kind)}";
            _findings.Add(new Finding(IsValue: false, what));
            return null;
        }

        // Without a kind, the object has the members that all kinds have.
        return shape;
    }

    /// <summary>
    /// Finds the member with the reader's current name. Members mostly come in the order of the contract, so the search starts after the previous one.
    /// </summary>
    private ItemMember? FindMember(ref Utf8JsonReader reader, ItemShape shape, ref int next)
    {
        var name = JsonBytes.GetText(ref reader, ref _scratch);
        for (var i = 0; i < shape.Members.Length; i++)
        {
            var member = shape.Members[next];
            next = next + 1 == shape.Members.Length ? 0 : next + 1;
            if (name.SequenceEqual(member.Name)) return member;
        }

        return null;
    }

    private void Forget(ItemMember member)
    {
        foreach (var column in member.Columns) _rows!.Clear(column);
        if (member.Path == stream.Time) Time = null;
    }

    private void ReadValue(ref Utf8JsonReader reader, ReadOnlySpan<byte> item, ItemShape shape, ItemMember member, bool isInCell)
    {
        if (reader.TokenType == JsonTokenType.Null) return;

        var (start, findings) = ((int)reader.TokenStartIndex, _findings.Count);
        var isHeldAsJson = isInCell || member.JsonColumns.Length > 0;
        var fit = ReadAndFit(ref reader, item, member, isHeldAsJson);
        reader.Skip();
        var value = item[start..(int)reader.BytesConsumed];
        if (fit == Fit.None)
        {
            // The innermost member of the wrong type is the one reported, but a list with a wrong part is reported as a whole.
            _findings.RemoveRange(findings, _findings.Count - findings);
            _findings.Add(new Finding(IsValue: true, member.Path));
        }

        foreach (var column in member.JsonColumns) _rows!.SetJson(column, value, isListOfOne: member.Property.AcceptsOne && value[0] == '"');
        var isLost = fit switch
        {
            Fit.Members => false,
            Fit.Cells => !isHeldAsJson && Array.TrueForAll(member.Cells, cell => cell.IsCount),
            _ => !isHeldAsJson || member.Cells.Length > 0,
        };
        if (isLost) _rest?.Add(shape.Names, member.JsonName, value);
    }

    /// <summary>Reads a value other than null, fills the cells that are not JSON, and returns how the value fits.</summary>
    private Fit ReadAndFit(ref Utf8JsonReader reader, ReadOnlySpan<byte> item, ItemMember member, bool isInCell)
    {
        var token = reader.TokenType;
        switch (member.Kind)
        {
            case MemberKind.Text or MemberKind.Enum when token == JsonTokenType.String:
                var text = JsonBytes.GetText(ref reader, ref _scratch);
                if (!member.Knows(text)) _findings.Add(new Finding(IsValue: false, $"value {member.Path}={Shorten(text)}"));
                return Fits(FillText(member, text));
            case MemberKind.Uuid when token == JsonTokenType.String && JsonString.TryParseUuid(JsonBytes.GetText(ref reader, ref _scratch), out var uuid):
                foreach (var cell in member.Cells) _rows!.Set(cell.Column, uuid);
                return Fit.Cells;
            case MemberKind.Boolean when token is JsonTokenType.True or JsonTokenType.False:
                foreach (var cell in member.Cells) _rows!.Set(cell.Column, token == JsonTokenType.True);
                return Fit.Cells;
            case MemberKind.Int32 when token == JsonTokenType.Number
                && JsonBytes.TryParse(reader.ValueSpan, out var int32)
                && int32 is >= int.MinValue and <= int.MaxValue:
                FillInteger(member, (int)int32);
                return Fit.Cells;
            case MemberKind.Int64 when token == JsonTokenType.Number && JsonBytes.TryParse(reader.ValueSpan, out var int64):
                FillInteger(member, int64);
                return Fit.Cells;
            case MemberKind.Time when token == JsonTokenType.Number && JsonBytes.TryParse(reader.ValueSpan, out var time):
                if (member.Path == stream.Time) Time = time;
                return Fits(FillTime(member, time));
            case MemberKind.Double when token == JsonTokenType.Number && JsonNumber.TryParse(reader.ValueSpan, out double real):
                return Fits(FillDouble(member, real, reader.ValueSpan));
            case MemberKind.Decimal when token == JsonTokenType.Number && TryParse(reader.ValueSpan, out var number):
                return Fits(FillDecimal(member, number));
            case MemberKind.Object when token == JsonTokenType.StartObject:
                ReadObject(ref reader, item, member.Shape, isInCell);
                return Fit.Members;
            case MemberKind.List or MemberKind.Texts when token == JsonTokenType.StartArray:
                return ReadList(ref reader, item, member);
            case MemberKind.Texts when token == JsonTokenType.String && member.Property.AcceptsOne:
                FillCount(member, 1);
                return Fit.Cells;
            case MemberKind.TextMap when token == JsonTokenType.StartObject:
                return IsMapOfTexts(ref reader) ? Fit.Cells : Fit.None;
            case MemberKind.Json:
                return Fit.Cells;
            default:
                return Fit.None;
        }

        static Fit Fits(bool areCellsFilled) => areCellsFilled ? Fit.Cells : Fit.Property;
    }

    private Fit ReadList(ref Utf8JsonReader reader, ReadOnlySpan<byte> item, ItemMember member)
    {
        var (count, fits) = (0, true);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            count++;
            if (member.Kind == MemberKind.List && reader.TokenType == JsonTokenType.StartObject)
            {
                // The parts of a list have no cells, and a list goes to the rest as a whole.
                ReadObject(ref reader, item, member.Shape, isInCell: true);
                continue;
            }

            fits &= member.Kind == MemberKind.Texts && reader.TokenType == JsonTokenType.String;
            reader.Skip();
        }

        if (!fits) return Fit.None;
        FillCount(member, count);
        return Fit.Cells;
    }

    private static bool IsMapOfTexts(ref Utf8JsonReader reader)
    {
        var fits = true;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            reader.Read();
            fits &= reader.TokenType is JsonTokenType.String or JsonTokenType.Null;
            reader.Skip();
        }

        return fits;
    }

    private void FillCount(ItemMember member, int count)
    {
        foreach (var cell in member.Cells)
        {
            if (cell.IsCount) _rows!.Set(cell.Column, count);
        }
    }

    private bool FillText(ItemMember member, ReadOnlySpan<byte> text)
    {
        var isFilled = true;
        foreach (var cell in member.Cells)
        {
            if (!cell.IsDecimal) isFilled &= SetText(cell.Column, text);
            else isFilled &= IsNumber(text) && TryParse(text.TrimStart((byte)'+'), out var number) && SetDecimal(cell.Column, number);
        }

        return isFilled;
    }

    private bool SetText(int column, ReadOnlySpan<byte> text)
    {
        if (table!.TextLimits is { } limits && (text.Length > limits[column] || text.Contains((byte)0))) return false;
        _rows!.SetText(column, text);
        return true;
    }

    private bool FillTime(ItemMember member, long time)
    {
        foreach (var cell in member.Cells)
        {
            if (!Timestamps.IsInCalendar(time)) return false;
            _rows!.Set(cell.Column, time);
        }

        return true;
    }

    private void FillInteger<T>(ItemMember member, T value)
        where T : struct, IBinaryInteger<T>
    {
        foreach (var cell in member.Cells)
        {
            if (cell.IsDecimal) _rows!.Set(cell.Column, decimal.CreateChecked(value));
            else _rows!.Set(cell.Column, value);
        }
    }

    private bool FillDouble(ItemMember member, double value, ReadOnlySpan<byte> literal)
    {
        var isFilled = true;
        foreach (var cell in member.Cells)
        {
            if (cell.IsDecimal) isFilled &= TryParse(literal, out var number) && SetDecimal(cell.Column, number);
            else _rows!.Set(cell.Column, value);
        }

        return isFilled;
    }

    private bool FillDecimal(ItemMember member, decimal number)
    {
        var isFilled = true;
        foreach (var cell in member.Cells) isFilled &= SetDecimal(cell.Column, number);
        return isFilled;
    }

    /// <summary>Sets a cell to a number, which is rounded if necessary when it is written. Returns whether the number stays the same.</summary>
    private bool SetDecimal(int column, decimal number)
    {
        _rows!.Set(column, number);
        return number.Scale <= Decimals.Scale || decimal.Round(number, Decimals.Scale) == number;
    }

    /// <summary>Whether a text is a number as in JSON or in a web form: a sign, digits with a point, an exponent.</summary>
    private static bool IsNumber(ReadOnlySpan<byte> text)
    {
        const NumberStyles Styles = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return decimal.TryParse(text, Styles, CultureInfo.InvariantCulture, out _);
    }

    private static bool TryParse(ReadOnlySpan<byte> literal, out decimal value) =>
        literal.Length <= MaxSimpleLength && literal.IndexOfAny((byte)'e', (byte)'E') < 0
            ? Utf8Parser.TryParse(literal, out value, out _)
            : JsonNumber.TryParse(literal, out value);

    private static string Shorten(ReadOnlySpan<byte> text)
    {
        var whole = Encoding.UTF8.GetString(text);
        return whole.Length <= MaxTextLength ? whole : whole[..MaxTextLength] + "...";
    }
}
